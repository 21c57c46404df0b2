/** Sends prompts, one after another in each thread, until the server has them or says why it will not. */

import { CallError } from "./failure";
import { isNew, newThread, Outbox } from "./outbox";
import type { Keeper, Prompt } from "./outbox";
import { parseSent } from "./protocol";
import type { Message, Sent } from "./protocol";

/** What a sender needs of its surroundings. */
export interface SenderOptions {
  readonly keeper: Keeper;
  /** Calls `chat:send`, waiting for a connection as long as it takes. */
  readonly send: (request: object) => Promise<unknown>;
  readonly sent: (sent: Sent) => void;
  /** A new thread became `conversation`. */
  readonly began: (thread: string, conversation: string) => void;
  readonly changed: () => void;
  /** Whether a conversation is known not to exist any more. */
  readonly gone: (conversation: string) => boolean;
}

/** Delivers prompts; each thread has one on its way at most. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #outbox: Outbox;
  readonly #threads = new Set<string>();

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

  /** Send a prompt, or again one that failed. */
  send({ failure: _, ...prompt }: Prompt): void {
    this.#outbox.put(prompt);
    this.#options.changed();
    void this.#work(prompt.thread);
  }

  /** Forget a prompt that failed. */
  discard(id: string): void {
    this.#outbox.remove(id);
    this.#options.changed();
  }

  /** Notice a message: it may be one of ours, whose reply is still to come. */
  notice(message: Message): void {
    const { role, client_message_id: id, conversation } = message;
    if (role === "user" && id !== undefined) this.#settle(id, conversation);
  }

  /** Keep what was not sent to a conversation that is gone as the beginning of a new one. */
  rehome(conversation: string): void {
    const thread = newThread();
    const failed = this.prompts.filter((prompt) => prompt.thread === conversation && prompt.failure !== undefined);
    for (const prompt of failed) this.#outbox.put({ ...prompt, thread });
    if (failed.length > 0) this.#options.changed();
  }

  #settle(id: string, conversation: string): void {
    const prompt = this.#outbox.get(id);
    if (!prompt) return;
    this.#outbox.settle(id, conversation);
    if (isNew(prompt.thread)) this.#options.began(prompt.thread, conversation);
    this.#options.changed();
  }

  async #work(thread: string): Promise<void> {
    if (this.#threads.has(thread)) return;
    this.#threads.add(thread);
    for (let prompt; (prompt = this.#next(thread)); ) await this.#deliver(prompt);
    this.#threads.delete(thread);
  }

  #next(thread: string): Prompt | undefined {
    return this.prompts.find((prompt) => prompt.thread === thread && prompt.failure === undefined);
  }

  async #deliver(prompt: Prompt): Promise<void> {
    try {
      const sent = parseSent(await this.#options.send(request(prompt)));
      this.#options.sent(sent);
      this.#settle(prompt.id, sent.conversation.id);
      if (isNew(prompt.thread)) void this.#work(sent.conversation.id);
    } catch (error) {
      const failure = error instanceof CallError ? error.message : "The server’s answer could not be read.";
      // A publication may have shown meanwhile that the prompt did arrive.
      if (!this.#outbox.get(prompt.id)) return;
      this.#outbox.put({ ...prompt, failure });
      if (this.#options.gone(prompt.thread)) this.rehome(prompt.thread);
      this.#options.changed();
    }
  }
}

function request({ id, thread, text, model, interrupts }: Prompt): object {
  return {
    client_message_id: id,
    text,
    ...(!isNew(thread) && { conversation: thread }),
    ...(model !== undefined && { model }),
    ...(interrupts && { if_busy: "stop" }),
  };
}
