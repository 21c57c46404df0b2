/** The chat: what can be done, and what is done when something arrives. */

import type { Link, Listener } from "./connection";
import { EMPTY } from "./conversation";
import type { Arrival, Ask } from "./conversation";
import { CallError } from "./failure";
import type { Keeper } from "./outbox";
import { OwnKeeper } from "./own-keeper";
import {
  parseChanged, parseConversationPage, parseConversationsPage, parseRunState, parseStopped,
} from "./protocol";
import type { ChatEvent, RunState, Sync, Welcome } from "./protocol";
import { branch, runningRun } from "./selectors";
import { Sender } from "./sender";
import { Store } from "./store";

/** What the chat needs of a connection. */
export interface Caller {
  call(method: string, data: object, patience?: number): Promise<unknown>;
}

/** Milliseconds that an action waits for a connection before it says that there is none. */
const PATIENCE = 5000;
/** Shortest and longest pause, in milliseconds, before something is asked again that must be known. */
const PAUSE = { shortest: 400, longest: 5000 };
const TOKEN = "onesocket:token";

/** What a page does with: it asks, sends and keeps, and takes in what the connection tells. */
export class Chat implements Listener {
  readonly store: Store;
  readonly sender: Sender;
  /** What is kept of the user who is here. */
  readonly own: OwnKeeper;
  readonly #keeper: Keeper;
  readonly #another: () => void;
  readonly #caller: Caller;
  readonly #asking = new Set<string>();
  #opened: string | null = null;

  /**
   * `connect` makes the connection that tells this chat what happens; it must not tell before it returned.
   * `another` is called when somebody else is logged in than before: this chat is over then.
   */
  constructor(keeper: Keeper, connect: (chat: Chat) => Caller, another = (): void => undefined) {
    this.#keeper = keeper;
    this.#another = another;
    this.own = new OwnKeeper(keeper);
    this.#caller = connect(this);
    this.sender = new Sender({
      keeper: this.own,
      send: (request) => this.#caller.call("chat:send", request),
      sent: (sent) => this.#take({ type: "sent", sent }),
      began: (thread, conversation) =>
        this.store.change({ begun: new Map(this.store.view.begun).set(thread, conversation) }),
      changed: () => this.store.change({ outbox: this.sender.prompts }),
      gone: (conversation) => this.#gone(conversation),
    });
    this.store = new Store(this.sender.prompts);
  }

  /** The token that proves who we are to the server, if it gave us one. */
  get token(): string | null {
    return this.#keeper.getItem(TOKEN);
  }

  /** The conversation that is being looked at. */
  get opened(): string | null {
    return this.#opened;
  }

  /** Forget who we are, so that the server takes us for somebody new. */
  forget(): void {
    // Without a token it is a login that says who we are, and whoever comes next may be somebody else.
    if (this.token !== null) this.own.release();
    this.#keeper.removeItem(TOKEN);
  }

  /** Look at a conversation, or at none; its messages are fetched if they are not known. */
  open(conversation: string | null): void {
    this.#opened = conversation;
    if (conversation !== null && !this.store.view.state.threads.get(conversation)?.fresh) this.#load(conversation);
  }

  /** Fetch the next page of the list of conversations. */
  async more(): Promise<void> {
    const cursor = this.store.view.state.next;
    if (!cursor) return;
    await this.#once("conversations", async () => {
      const page = parseConversationsPage(await this.#caller.call("chat:conversations", { cursor }, PATIENCE));
      this.#take({ type: "conversations", page });
    });
  }

  /** Fetch the page of a conversation's messages that lies at `before`. */
  async older(conversation: string, before: string): Promise<void> {
    await this.#once(`older:${conversation}`, async () => {
      const reply = await this.#caller.call("chat:conversation", { conversation, before }, PATIENCE);
      this.#take({ type: "thread", page: parseConversationPage(reply) });
    });
  }

  async rename(conversation: string, title: string): Promise<void> {
    await this.#change("chat:rename", { conversation, title });
  }

  async delete(conversation: string): Promise<void> {
    await this.#change("chat:delete", { conversation });
  }

  /** Stop what is being answered in a thread, even before its prompt has arrived. */
  async stop(thread: string): Promise<void> {
    const run = runningRun(this.store.view.state, branch(this.store.view.state, thread))?.id;
    const prompt = this.sender.prompts.find((waiting) => waiting.thread === thread && !waiting.failure)?.id;
    const stopped = run ?? prompt;
    if (stopped === undefined) return;
    this.#stopping(stopped, true);
    try {
      const request = run === undefined ? { client_message_id: stopped } : { run };
      parseStopped(await this.#caller.call("chat:stop", request, PATIENCE));
    } catch (error) {
      this.#stopping(stopped, false);
      throw error;
    }
  }

  /** Send what an earlier page left, once a connection is there. */
  start(): void {
    this.sender.start();
  }

  // What the connection tells.

  link(link: Link): void {
    this.store.change({ link });
  }

  welcome(welcome: Welcome): boolean {
    if (welcome.token !== undefined) this.#keeper.setItem(TOKEN, welcome.token);
    const known = this.store.view.welcome;
    const another = known !== null && known.user !== welcome.user;
    const ours = this.own.claim(welcome.user);
    this.store.change({ welcome, ...(another && { state: EMPTY }), ...(!ours && { outbox: [] }) });
    if (!ours) this.#another();
    return ours;
  }

  sync(sync: Sync): void {
    this.#take({ type: "sync", sync });
    if (sync.conversation) for (const message of sync.conversation.messages) this.sender.notice(message);
    this.open(this.#opened);
  }

  event(event: ChatEvent): void {
    this.#take({ type: "event", event });
    if (event.type === "message") this.sender.notice(event.message);
    if (event.type === "conversation" && event.conversation.deleted) this.sender.rehome(event.conversation.id);
  }

  fault(error: unknown): void {
    console.error(error);
  }

  #gone(conversation: string): boolean {
    const { conversations, threads } = this.store.view.state;
    return (conversations.get(conversation)?.deleted || threads.get(conversation)?.missing) === true;
  }

  #take(arrival: Arrival): void {
    this.#ask(this.store.take(arrival));
  }

  #ask(asks: readonly Ask[]): void {
    for (const ask of asks) {
      if (ask.type === "conversation") this.#load(ask.conversation);
      else this.#background(`run:${ask.run}`, () => this.#resync(ask.run, ask.mismatch));
    }
  }

  #load(conversation: string): void {
    this.#background(`conversation:${conversation}`, async () => {
      try {
        const reply = await this.#surely("chat:conversation", { conversation });
        this.#take({ type: "thread", page: parseConversationPage(reply) });
      } catch (error) {
        if (!(error instanceof CallError && error.notFound)) throw error;
        this.#take({ type: "missing", conversation });
        this.sender.rehome(conversation);
      }
    });
  }

  /** Ask for a run's whole content until nothing is missing any more. */
  async #resync(run: string, mismatch: boolean): Promise<void> {
    for (let pause = PAUSE.shortest; ; pause = Math.min(pause * 2, PAUSE.longest)) {
      const reply: RunState = parseRunState(await this.#surely("chat:run", { run, ...(mismatch && { mismatch }) }));
      const again = this.store.take({ type: "run", run: reply }).find((ask) => ask.type === "run");
      if (!again) return;
      mismatch = again.mismatch;
      await sleep(pause);
    }
  }

  /** Call until there is an answer, or an error that repeating does not help against. */
  async #surely(method: string, data: object): Promise<unknown> {
    for (let pause = PAUSE.shortest; ; pause = Math.min(pause * 2, PAUSE.longest)) {
      try {
        return await this.#caller.call(method, data);
      } catch (error) {
        if (!(error instanceof CallError && error.temporary)) throw error;
      }
      await sleep(pause);
    }
  }

  async #change(method: string, data: object): Promise<void> {
    const conversation = parseChanged(await this.#caller.call(method, data, PATIENCE));
    this.event({ type: "conversation", conversation });
  }

  #stopping(id: string, is: boolean): void {
    const stopping = new Set(this.store.view.stopping);
    if (is) stopping.add(id);
    else stopping.delete(id);
    this.store.change({ stopping });
  }

  /** Do something that nobody waits for, unless it is being done. */
  #background(name: string, work: () => Promise<void>): void {
    this.#once(name, work).catch((error: unknown) => {
      // What the server refuses here is gone or not ours, and whoever looks at it is told elsewhere.
      if (!(error instanceof CallError)) this.fault(error);
    });
  }

  /** Do something unless it is being done. */
  async #once(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#asking.has(name)) return;
    this.#asking.add(name);
    try {
      await work();
    } finally {
      this.#asking.delete(name);
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
