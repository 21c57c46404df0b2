/** Asks the server for what has to be known, until it is. */

import type { Arrival, Ask, State } from "./conversation";
import { CallError } from "./failure";
import { parseConversationPage, parseRunState } from "./protocol";
import type { RunState } from "./protocol";
import { isWhole } from "./tree";

/** What the chat needs of a connection. */
export interface Caller {
  call(method: string, data: object, patience?: number): Promise<unknown>;
}

/** What an asker needs of its surroundings. */
export interface AskerOptions {
  readonly caller: Caller;
  /** Takes in an answer; returns what that makes necessary. */
  readonly take: (arrival: Arrival) => readonly Ask[];
  readonly state: () => State;
  /** The server does not know a conversation. */
  readonly missing: (conversation: string) => void;
  readonly fault: (error: unknown) => void;
}

/** Shortest and longest pause, in milliseconds, before something is asked again that must be known. */
const PAUSE = { shortest: 400, longest: 5000 };

/** Milliseconds that a head's message may come after the head, before it is asked for. */
const BEHIND = 50;

/** Asks everything once at a time. */
export class Asker {
  readonly #options: AskerOptions;
  readonly #asking = new Map<string, Promise<void>>();
  /** By conversation: the head whose branch was fetched last because it was not known. */
  readonly #completed = new Map<string, string | null>();

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Ask what an arrival made necessary. */
  ask(asks: readonly Ask[]): void {
    for (const ask of asks) {
      if (ask.type === "conversation") this.load(ask.conversation);
      else this.#background(`run:${ask.run}`, () => this.#resync(ask.run, ask.mismatch));
    }
  }

  /** Fetch the newest messages of a conversation. */
  load(conversation: string): void {
    this.#background(`conversation:${conversation}`, async () => {
      try {
        const reply = await this.#surely("chat:conversation", { conversation });
        this.ask(this.#options.take({ type: "thread", page: parseConversationPage(reply) }));
      } catch (error) {
        if (!(error instanceof CallError && error.notFound)) throw error;
        this.#options.take({ type: "missing", conversation });
        this.#options.missing(conversation);
      }
    });
  }

  /** Fetch the branch shown, if its head moved to one that is not known and does not come by itself. */
  complete(conversation: string): void {
    if (!this.#lacks(conversation)) return;
    this.#background(`branch:${conversation}`, async () => {
      await sleep(BEHIND);
      if (!this.#lacks(conversation)) return;
      this.#completed.set(conversation, this.#options.state().conversations.get(conversation)?.head ?? null);
      this.load(conversation);
    });
  }

  /** Say whether something of the branch shown is missing that was not asked for in vain. */
  #lacks(conversation: string): boolean {
    const state = this.#options.state();
    const told = state.conversations.get(conversation);
    if (!told || told.deleted || !state.threads.get(conversation)?.fresh || isWhole(state, conversation)) return false;
    return this.#completed.get(conversation) !== told.head;
  }

  /** Do something unless it is being done, and wait until it is. */
  once(name: string, work: () => Promise<void>): Promise<void> {
    const going = this.#asking.get(name) ?? work().finally(() => this.#asking.delete(name));
    this.#asking.set(name, going);
    return going;
  }

  /** Ask for a run's whole content until nothing is missing any more. */
  async #resync(run: string, mismatch: boolean): Promise<void> {
    for (let pause = PAUSE.shortest; ; pause = Math.min(pause * 2, PAUSE.longest)) {
      const reply: RunState = parseRunState(await this.#surely("chat:run", { run, ...(mismatch && { mismatch }) }));
      const again = this.#options.take({ type: "run", run: reply }).find((ask) => ask.type === "run");
      if (!again) return;
      mismatch = again.mismatch;
      await sleep(pause);
    }
  }

  /** Call until there is an answer, or an error that repeating does not help against. */
  async #surely(method: string, data: object): Promise<unknown> {
    for (let pause = PAUSE.shortest; ; pause = Math.min(pause * 2, PAUSE.longest)) {
      try {
        return await this.#options.caller.call(method, data);
      } catch (error) {
        if (!(error instanceof CallError && error.temporary)) throw error;
      }
      await sleep(pause);
    }
  }

  /** Do something that nobody waits for, unless it is being done. */
  #background(name: string, work: () => Promise<void>): void {
    if (this.#asking.has(name)) return;
    this.once(name, work).catch((error: unknown) => {
      // What the server refuses here is gone or not ours, and whoever looks at it is told elsewhere.
      if (!(error instanceof CallError)) this.#options.fault(error);
    });
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
