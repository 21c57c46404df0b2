/** Sends prompts, one after another in each thread, until the server has them or says why it will not. */

import { CallError } from "./failure";
import { isNew, newThread, Outbox } from "./outbox";
import type { Keeper, Prompt } from "./outbox";
import { parseSent } from "./protocol";
import type { Message, Sent } from "./protocol";

/** What a sender needs of its surroundings. */
export interface SenderOptions {
  readonly keeper: Keeper;
  /** Calls a method, waiting for a connection as long as it takes. */
  readonly call: (method: string, request: object) => Promise<unknown>;
  readonly sent: (sent: Sent) => void;
  /** A new thread became `conversation`. */
  readonly began: (thread: string, conversation: string) => void;
  readonly changed: () => void;
  /** Whether a conversation is known not to exist any more. */
  readonly gone: (conversation: string) => boolean;
  /** Whether an answer is going in a conversation, or may be. */
  readonly busy: (conversation: string) => boolean;
}

/** Code of `docs/protocol.md` §6: an answer is going. */
const BUSY = 1408;
/** Milliseconds before a prompt is sent again that found an answer going of which nothing is known here. */
const PAUSE = 400;

/** Delivers prompts; each thread has one on its way at most. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #outbox: Outbox;
  readonly #threads = new Set<string>();
  readonly #sending = new Set<string>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.keeper);
  }

  get prompts(): readonly Prompt[] {
    return this.#outbox.prompts;
  }

  /** Send what an earlier page left. */
  start(): void {
    for (const { thread } of this.prompts) void this.#work(thread);
  }

  /** Send a prompt, or again one that failed; one that `waits` goes when no answer is going any more. */
  send({ failure: _, ...prompt }: Prompt): void {
    this.#outbox.put(prompt);
    this.#options.changed();
    void this.#work(prompt.thread);
  }

  /** Send a prompt that waits at once: the answer that it waits for is stopped. */
  hurry(id: string): void {
    const prompt = this.#outbox.get(id);
    if (!prompt?.waits) return;
    const { waits: _, ...rest } = prompt;
    this.send({ ...rest, interrupts: true });
  }

  /** Take back a prompt that failed or waits; `null` for one that is on its way, or gone. */
  withdraw(id: string): Prompt | null {
    const prompt = this.#outbox.get(id);
    if (!prompt || this.#sending.has(id)) return null;
    this.#outbox.remove(id);
    this.#options.changed();
    return prompt;
  }

  /** See whether what waits may go now. */
  release(): void {
    if (this.prompts.some(({ waits }) => waits)) this.refresh();
  }

  /** Do as other tabs did with what they share with this one, and see whether what waits may go now. */
  refresh(): void {
    if (this.#outbox.refresh((id) => this.#sending.has(id))) this.#options.changed();
    for (const { thread, waits } of this.prompts) if (waits) void this.#work(thread);
  }

  /** Notice a message: it may be one of ours, whose reply is still to come. Returns whether it is. */
  notice({ client_message_id: id, conversation }: Message): boolean {
    return id !== undefined && this.#settle(id, conversation);
  }

  /** Keep what was not sent to a conversation that is gone as the beginning of a new one. */
  rehome(conversation: string): void {
    const thread = newThread();
    const lost = this.prompts.filter((prompt) =>
      prompt.thread === conversation && !this.#sending.has(prompt.id) && (prompt.failure !== undefined || prompt.waits));
    for (const { beside, waits, ...prompt } of lost) {
      if (prompt.text === "") this.#outbox.remove(prompt.id);
      else this.#outbox.put({ ...prompt, thread, failure: prompt.failure ?? "The conversation was deleted." });
    }
    if (lost.length > 0) this.#options.changed();
  }

  #settle(id: string, conversation: string): boolean {
    const prompt = this.#outbox.get(id);
    if (!prompt) return false;
    this.#outbox.settle(id, conversation);
    if (isNew(prompt.thread)) {
      this.#options.began(prompt.thread, conversation);
      // What followed in the new thread goes on there.
      void this.#work(conversation);
    }
    this.#options.changed();
    return true;
  }

  async #work(thread: string): Promise<void> {
    if (this.#threads.has(thread)) return;
    this.#threads.add(thread);
    for (let prompt; (prompt = this.#next(thread)); ) await this.#deliver(prompt);
    this.#threads.delete(thread);
  }

  #next(thread: string): Prompt | undefined {
    const busy = isNew(thread) ? false : this.#options.busy(thread);
    return this.prompts.find((prompt) =>
      prompt.thread === thread && prompt.failure === undefined && !(prompt.waits && busy));
  }

  async #deliver({ waits, ...prompt }: Prompt): Promise<void> {
    this.#sending.add(prompt.id);
    if (waits) {
      this.#outbox.put(prompt);
      this.#options.changed();
    }
    try {
      const sent = parseSent(await this.#options.call(...request(prompt)));
      this.#sending.delete(prompt.id);
      this.#options.sent(sent);
      this.#settle(prompt.id, sent.conversation.id);
    } catch (error) {
      this.#sending.delete(prompt.id);
      // A publication may have shown meanwhile that the prompt did arrive.
      if (!this.#outbox.get(prompt.id)) return;
      if (error instanceof CallError && error.code === BUSY) {
        this.#outbox.put({ ...prompt, waits: true });
        this.#options.changed();
        return sleep(PAUSE);
      }
      const failure = error instanceof CallError ? error.message : "The server’s answer could not be read.";
      this.#outbox.put({ ...prompt, failure });
      if (this.#options.gone(prompt.thread)) this.rehome(prompt.thread);
      this.#options.changed();
    }
    return undefined;
  }
}

/** Return the call that delivers a prompt: repeated, it has to be the same. */
function request({ id, thread, text, model, beside, interrupts }: Prompt): [method: string, request: object] {
  const common = { client_message_id: id, ...(interrupts && { if_busy: "stop" }) };
  const chosen = model !== undefined && { model };
  switch (beside?.kind) {
    case "regenerate":
      return ["chat:regenerate", { ...common, message: beside.message, ...chosen }];
    case "continue":
      return ["chat:continue", { ...common, message: beside.message }];
    default:
      return ["chat:send", {
        ...common,
        text,
        ...(!isNew(thread) && { conversation: thread }),
        ...(beside && { parent: beside.parent }),
        ...chosen,
      }];
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
