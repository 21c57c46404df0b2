/** Prompts on their way: kept until the server has them, over reloads, too. */

/** Where texts are kept; the browser's `localStorage` fits. */
export interface Keeper {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What a prompt is a sibling of. */
export interface Beside {
  /** `edit`: other words for a prompt. `regenerate`: another answer. `continue`: one that begins like the old. */
  readonly kind: "edit" | "regenerate" | "continue";
  /** The message beside which it stands. */
  readonly message: string;
  /** What that message answers to. */
  readonly parent: string | null;
}

/** Something that is to be answered, and that the server does not have, as far as we know. */
export interface Prompt {
  /** The `client_message_id`: the same prompt sent again is still the same. */
  readonly id: string;
  /** The conversation, or a name that begins with `new-` for one that this prompt will begin. */
  readonly thread: string;
  /** Empty where only an answer is asked for, `beside` another. */
  readonly text: string;
  readonly model?: string;
  /** Absent for what goes to the end of the branch shown. */
  readonly beside?: Beside;
  /** Whether it stays here until no answer is going in its conversation any more. */
  readonly waits?: boolean;
  /** Whether an answer that is still going has to stop for this. */
  readonly interrupts?: boolean;
  /** Why the server did not take it, in a sentence; absent while it waits or is being sent. */
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
  /** Those that other tabs can see, and take away. */
  readonly #shared = new Set<string>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.#prompts = read(keeper);
    for (const { id } of this.#prompts) this.#shared.add(id);
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
      this.#shared.add(prompt.id);
    } catch {
      // Storage is full or forbidden: the prompt lives as long as the page then.
    }
  }

  remove(id: string): void {
    this.#prompts = this.#prompts.filter((prompt) => prompt.id !== id);
    this.#keeper.removeItem(PREFIX + id);
    this.#shared.delete(id);
  }

  /**
   * Do as other tabs did: what waits there waits here, too, and what was taken away there goes.
   *
   * What they are sending right now is theirs, and what is `busy` here stays. Returns whether anything changed.
   */
  refresh(busy: (id: string) => boolean): boolean {
    const kept = new Map(read(this.#keeper).map((prompt) => [prompt.id, prompt]));
    const stays = (prompt: Prompt): boolean => busy(prompt.id) || !this.#shared.has(prompt.id);
    const here = this.#prompts.filter((prompt) => stays(prompt) || kept.has(prompt.id));
    const next = here.map((prompt) => (stays(prompt) ? prompt : newer(prompt, kept.get(prompt.id))));
    const known = new Set(next.map(({ id }) => id));
    const more = [...kept.values()].filter(({ id, waits }) => waits && !known.has(id));
    for (const { id } of more) this.#shared.add(id);
    const changed = more.length > 0 || next.length < this.#prompts.length || next.some((one, at) => one !== this.#prompts[at]);
    if (changed) this.#prompts = [...next, ...more];
    return changed;
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

function newer(held: Prompt, kept: Prompt | undefined): Prompt {
  return kept === undefined || JSON.stringify(held) === JSON.stringify(kept) ? held : kept;
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
