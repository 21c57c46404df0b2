/** Prompts on their way: kept until the server has them, over reloads, too. */

/** Where texts are kept; the browser's `localStorage` fits. */
export interface Keeper {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A prompt that the server does not have, as far as we know. */
export interface Prompt {
  /** The `client_message_id`: the same prompt sent again is still the same. */
  readonly id: string;
  /** The conversation, or a name that begins with `new-` for one that this prompt will begin. */
  readonly thread: string;
  readonly text: string;
  readonly model?: string;
  /** Whether an answer that is still going has to stop for this. */
  readonly interrupts?: boolean;
  /** Why the server did not take it, in a sentence; absent while it is being sent. */
  readonly failure?: string;
}

/** Say whether a thread has no conversation yet. */
export const isNew = (thread: string): boolean => thread.startsWith("new-");

/** Name a thread that a prompt will begin. */
export const newThread = (): string => `new-${newId()}`;

/** Make a `client_message_id`: unique, and in the order of their making. */
export function newId(): string {
  // `crypto.randomUUID` is there on safe origins only; a network of one's own may have none.
  const random = crypto.getRandomValues(new Uint32Array(3));
  return [Date.now(), ...random].map((number) => number.toString(36).padStart(9, "0")).join("-");
}

const PREFIX = "onesocket:outbox:";

/** The prompts that wait, in the order of their making; each one is kept under a key of its own for other tabs. */
export class Outbox {
  #prompts: readonly Prompt[];
  readonly #keeper: Keeper;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.#prompts = read(keeper);
  }

  get prompts(): readonly Prompt[] {
    return this.#prompts;
  }

  get(id: string): Prompt | undefined {
    return this.#prompts.find((prompt) => prompt.id === id);
  }

  /** Keep `prompt`, in the place of what was kept under its id. */
  put(prompt: Prompt): void {
    const known = this.get(prompt.id);
    this.#prompts = known
      ? this.#prompts.map((kept) => (kept === known ? prompt : kept))
      : [...this.#prompts, prompt];
    try {
      this.#keeper.setItem(PREFIX + prompt.id, JSON.stringify(prompt));
    } catch {
      // Storage is full or forbidden: the prompt lives as long as the page then.
    }
  }

  remove(id: string): void {
    this.#prompts = this.#prompts.filter((prompt) => prompt.id !== id);
    this.#keeper.removeItem(PREFIX + id);
  }

  /** The server has the prompt: forget it, and let what follows it in a new thread go to `conversation`. */
  settle(id: string, conversation: string): void {
    const settled = this.get(id);
    if (!settled) return;
    this.remove(id);
    if (!isNew(settled.thread)) return;
    for (const prompt of this.#prompts) {
      if (prompt.thread === settled.thread) this.put({ ...prompt, thread: conversation });
    }
  }
}

function read(keeper: Keeper): Prompt[] {
  const prompts: Prompt[] = [];
  for (let index = 0; index < keeper.length; index++) {
    const key = keeper.key(index);
    if (!key?.startsWith(PREFIX)) continue;
    try {
      const kept = JSON.parse(keeper.getItem(key) ?? "") as Partial<Prompt>;
      if (typeof kept.id === "string" && typeof kept.thread === "string" && typeof kept.text === "string") {
        prompts.push(kept as Prompt);
      }
    } catch {
      // Not ours, or not whole: it stays, unseen.
    }
  }
  // Ids begin with the time of their making.
  return prompts.sort((one, other) => (one.id < other.id ? -1 : 1));
}
