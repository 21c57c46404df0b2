/** The chat: what can be done, and what is done when something arrives. */

import { Asker } from "./asker";
import type { Caller } from "./asker";
import type { Link, Listener } from "./connection";
import { EMPTY } from "./conversation";
import type { Arrival, Ask } from "./conversation";
import { isStranger } from "./failure";
import { newId } from "./outbox";
import type { Beside, Keeper, Prompt } from "./outbox";
import { OwnKeeper } from "./own-keeper";
import { isSending } from "./placing";
import { parseChanged, parseConversationPage, parseConversationsPage, parseFound, parseStopped } from "./protocol";
import type { ChatEvent, ConversationPage, Found, Message, Sync, Welcome } from "./protocol";
import { runIn } from "./selectors";
import { Sender } from "./sender";
import { Snapshot } from "./snapshot";
import { Store } from "./store";

/** Milliseconds that an action waits for a connection before it says that there is none. */
const PATIENCE = 5000;
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
  readonly #asker: Asker;
  readonly #snapshot: Snapshot;
  #opened: string | null = null;

  /**
   * `connect` makes the connection that tells this chat what happens; it must not tell before it returned.
   * `another` is called when somebody else is logged in than before: this chat is over then.
   */
  constructor(keeper: Keeper, connect: (chat: Chat) => Caller, another = (): void => undefined) {
    this.#keeper = keeper;
    this.#another = another;
    this.own = new OwnKeeper(keeper);
    this.#snapshot = new Snapshot(this.own);
    this.#caller = connect(this);
    this.#asker = new Asker({
      caller: this.#caller,
      take: (arrival) => this.#keep(arrival),
      state: () => this.store.view.state,
      missing: (conversation) => this.sender.rehome(conversation),
      fault: (error) => this.fault(error),
    });
    this.sender = new Sender({
      keeper: this.own,
      call: (method, request) => this.#caller.call(method, request),
      sent: (sent) => this.#take({ type: "sent", sent }),
      began: (thread, conversation) =>
        this.store.change({ begun: new Map(this.store.view.begun).set(thread, conversation) }),
      changed: () => this.store.change({ outbox: this.sender.prompts }),
      gone: (conversation) => this.#gone(conversation),
      busy: (conversation) => this.#busy(conversation),
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
    this.#snapshot.clear();
    // Without a token it is a login that says who we are, and whoever comes next may be somebody else.
    if (this.token !== null) this.own.release();
    this.#keeper.removeItem(TOKEN);
  }

  /** Look at a conversation, or at none; its messages are fetched if they are not known. */
  open(conversation: string | null): void {
    this.#opened = conversation;
    if (conversation === null) return;
    if (this.store.view.state.threads.get(conversation)?.fresh) this.#asker.complete(conversation);
    else this.#asker.load(conversation);
  }

  /** Fetch the next page of the list of conversations. */
  async more(): Promise<void> {
    const cursor = this.store.view.state.next;
    if (!cursor) return;
    await this.#asker.once("conversations", async () => {
      const page = parseConversationsPage(await this.#caller.call("chat:conversations", { cursor }, PATIENCE));
      this.#take({ type: "conversations", page });
    });
  }

  /** Fetch the page of a conversation's messages that lies at `before`. */
  async older(conversation: string, before: string): Promise<void> {
    await this.#asker.once(`older:${conversation}`, async () => {
      const reply = await this.#caller.call("chat:conversation", { conversation, before }, PATIENCE);
      this.#take({ type: "thread", page: parseConversationPage(reply) });
    });
  }

  /** Return all messages of the branch shown, from the first on, as the server has them now; the store does not change. */
  async whole(conversation: string): Promise<ConversationPage> {
    let messages: readonly Message[] = [];
    let before: string | null = null;
    for (;;) {
      const request: object = { conversation, ...(before !== null && { before }) };
      const page = parseConversationPage(await this.#caller.call("chat:conversation", request, PATIENCE));
      messages = [...page.messages, ...messages];
      before = page.next;
      if (before === null) return { ...page, messages };
    }
  }

  async rename(conversation: string, title: string): Promise<void> {
    await this.#change("chat:rename", { conversation, title });
  }

  async delete(conversation: string): Promise<void> {
    await this.#change("chat:delete", { conversation });
  }

  /** Take a deletion back. */
  async restore(conversation: string): Promise<void> {
    await this.#change("chat:restore", { conversation });
  }

  /**
   * Return a page of the conversations that have `query` in their title or their text, newest first.
   *
   * What is found is as it was then: where the store knows a conversation, it knows it better.
   */
  async search(query: string, cursor?: string): Promise<Found> {
    const request = { query, ...(cursor !== undefined && { cursor }) };
    return parseFound(await this.#caller.call("chat:conversations", request, PATIENCE));
  }

  /** Make the branch through `message` the one that is shown, on every device. */
  async select(conversation: string, message: string): Promise<void> {
    await this.#change("chat:select", { conversation, message });
  }

  /** Say a prompt in other words, beside it; `how` says by which model, and what of an answer that is going. */
  edit(message: Message, text: string, how: Pick<Prompt, "model" | "waits" | "interrupts"> = {}): void {
    this.#beside("edit", message, { text, ...how });
  }

  /** Have a prompt answered once more, beside the answer `message`; an answer that is going is stopped. */
  regenerate(message: Message, model?: string): void {
    this.#beside("regenerate", message, { text: "", interrupts: true, ...(model !== undefined && { model }) });
  }

  /** Have an answer that ended early go on, beside it; an answer that is going is stopped. */
  continueAnswer(message: Message): void {
    this.#beside("continue", message, { text: "", interrupts: true });
  }

  /** Stop what is being answered in a thread, even before its prompt has arrived. */
  async stop(thread: string): Promise<void> {
    const run = runIn(this.store.view.state, thread) ?? undefined;
    const prompt = this.sender.prompts.find((prompt) => prompt.thread === thread && isSending(prompt))?.id;
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

  /** Keep a copy of what is known, for a start without a connection; to be called now and then. */
  keep(): void {
    // Where no token of ours says who is here, whoever starts next may be somebody else.
    if (this.token !== null && this.store.view.link.state === "live") {
      this.#snapshot.keep(this.store.view.state, this.#opened);
    }
  }

  /** Show what was kept, where the server has not been reached yet. */
  recall(): void {
    const { welcome, state } = this.store.view;
    if (this.token === null || welcome !== null || state !== EMPTY) return;
    const kept = this.#snapshot.recall();
    if (kept) this.store.change({ state: kept, recalled: true });
  }

  // What the connection tells.

  link(link: Link): void {
    this.store.change({ link });
    if (link.state === "closed" && isStranger(link.code)) this.#hide();
  }

  welcome(welcome: Welcome): boolean {
    if (welcome.token !== undefined) this.#keeper.setItem(TOKEN, welcome.token);
    const known = this.store.view.welcome;
    const another = known !== null && known.user !== welcome.user;
    const ours = this.own.claim(welcome.user);
    const theirs = another || !ours;
    if (theirs) this.#snapshot.clear();
    this.store.change({ welcome, ...(theirs && { state: EMPTY, recalled: false }), ...(!ours && { outbox: [] }) });
    if (!ours) this.#another();
    return ours;
  }

  sync(sync: Sync): void {
    if (this.store.view.recalled) this.store.change({ recalled: false });
    this.#take({ type: "sync", sync });
    if (sync.conversation) for (const message of sync.conversation.messages) this.sender.notice(message);
    this.open(this.#opened);
  }

  event(event: ChatEvent): void {
    this.#take({ type: "event", event });
    if (event.type === "message" && this.sender.notice(event.message)) {
      this.#take({ type: "own", message: event.message });
    }
    if (event.type === "conversation" && event.conversation.deleted) this.sender.rehome(event.conversation.id);
  }

  fault(error: unknown): void {
    console.error(error);
  }

  /** Whoever is here is not known: what was kept may not be theirs. */
  #hide(): void {
    this.#snapshot.clear();
    if (this.store.view.recalled) this.store.change({ state: EMPTY, recalled: false });
  }

  #gone(conversation: string): boolean {
    const { conversations, threads } = this.store.view.state;
    return (conversations.get(conversation)?.deleted || threads.get(conversation)?.missing) === true;
  }

  /** Whether an answer may be going in a conversation; before the first sync everything may. */
  #busy(conversation: string): boolean {
    const { state } = this.store.view;
    return state.next === undefined || runIn(state, conversation) !== null;
  }

  #beside(kind: Beside["kind"], { id: message, parent, conversation }: Message, rest: Omit<Prompt, "id" | "thread">): void {
    this.sender.send({ id: newId(), thread: conversation, beside: { kind, message, parent }, ...rest });
  }

  #take(arrival: Arrival): void {
    this.#asker.ask(this.#keep(arrival));
    // A text that grows moves no branch.
    const grows = arrival.type === "event" && arrival.event.type === "run";
    if (!grows && this.#opened !== null) this.#asker.complete(this.#opened);
  }

  /** Take in what arrived, which may be what a prompt waits for; return what has to be asked now. */
  #keep(arrival: Arrival): readonly Ask[] {
    const before = this.store.view.state;
    const asks = this.store.take(arrival);
    if (this.store.view.state !== before) this.sender.release();
    return asks;
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
}
