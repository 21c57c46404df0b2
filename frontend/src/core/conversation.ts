/**
 * All that a client knows, and what everything that arrives makes of it; a pure reducer, except for runs.
 *
 * A state is never changed, with one exception for the sake of streaming: a {@link Run} grows in place. A step
 * says by a new state that something else than a text changed, and names the run whose text grew.
 */

import type {
  ChatEvent, Conversation, ConversationPage, ConversationsPage, Message, RunState, Sent, Sync,
} from "./objects";
import { applyEvent, applySnapshot, Run } from "./reducer";
import type { Verdict } from "./reducer";

/** What is known of a conversation's messages. */
export interface Thread {
  /** Whether the newest page came and nothing can have been missed since. */
  readonly fresh: boolean;
  /** Whether the server does not know the conversation. */
  readonly missing: boolean;
  /** By the message that a page begins with: where the page before it is. */
  readonly older: ReadonlyMap<string, string>;
}

/** What is known of conversations, messages and runs. */
export interface State {
  /** By id; deleted ones stay, so that an older version does not bring them back. */
  readonly conversations: ReadonlyMap<string, Conversation>;
  /** Where the next page of conversations is; `undefined` before the first came, `null` after the last. */
  readonly next: string | null | undefined;
  readonly threads: ReadonlyMap<string, Thread>;
  readonly messages: ReadonlyMap<string, Message>;
  readonly runs: ReadonlyMap<string, Run>;
  /** By conversation, for while its head is not known: the message that its branch was last known to end in. */
  readonly leaves: ReadonlyMap<string, string>;
}

/** Nothing is known. */
export const EMPTY: State = {
  conversations: new Map(), next: undefined, threads: new Map(), messages: new Map(), runs: new Map(), leaves: new Map(),
};

/** What can arrive: publications, and replies under the name of what they tell. */
export type Arrival =
  | { readonly type: "event"; readonly event: ChatEvent }
  | { readonly type: "sync"; readonly sync: Sync }
  | { readonly type: "conversations"; readonly page: ConversationsPage }
  | { readonly type: "thread"; readonly page: ConversationPage }
  | { readonly type: "missing"; readonly conversation: string }
  | { readonly type: "sent"; readonly sent: Sent }
  /** A message of one's own, which is shown though the head that tells so may be still to come. */
  | { readonly type: "own"; readonly message: Message }
  | { readonly type: "run"; readonly run: RunState };

/** What has to be asked: `chat:run` or `chat:conversation`. */
export type Ask =
  | { readonly type: "run"; readonly run: string; readonly mismatch: boolean }
  | { readonly type: "conversation"; readonly conversation: string };

/** What an arrival made of a state. */
export interface Step {
  readonly state: State;
  /** The run whose text changed, if one did. */
  readonly grown: string | null;
  readonly asks: readonly Ask[];
}

/** Return the state after `arrival`, and what it makes necessary. */
export function reduce(state: State, arrival: Arrival): Step {
  switch (arrival.type) {
    case "event":
      return reduceEvent(state, arrival.event);
    case "sync":
      return reduceSync(state, arrival.sync);
    case "conversations":
      return quiet({ ...keepConversations(state, arrival.page.conversations), next: arrival.page.next });
    case "thread":
      return keepPage(state, arrival.page);
    case "missing":
      return quiet(withThread(state, arrival.conversation, { ...UNKNOWN, missing: true }));
    case "sent": {
      const { conversation, message, reply } = arrival.sent;
      return keepMessages(keepConversations(state, [conversation]), [message, reply]);
    }
    case "own": {
      const { id, conversation } = arrival.message;
      return quiet({ ...state, leaves: new Map(state.leaves).set(conversation, id) });
    }
    case "run": {
      const { run: { id }, conversation, truncated } = arrival.run;
      const step = keepRun(state, id, conversation, (run) => applySnapshot(run, arrival.run));
      // One that has fallen silent would be told whole by nothing else.
      const lacks = truncated && step.asks.length === 0 && step.state.runs.get(id)?.ended === false;
      return lacks ? { ...step, asks: [{ type: "run", run: id, mismatch: false }] } : step;
    }
  }
}

const UNKNOWN: Thread = { fresh: false, missing: false, older: new Map() };

const quiet = (state: State): Step => ({ state, grown: null, asks: [] });

function reduceEvent(state: State, event: ChatEvent): Step {
  switch (event.type) {
    case "run":
      return keepRun(state, event.run, event.conversation, (run) => applyEvent(run, event));
    case "message":
      return keepMessages(state, [event.message]);
    case "conversation":
      return keepChanged(state, event.conversation);
  }
}

/** Begin anew with what the server says; publications since its position will bring what it lacks. */
function reduceSync(state: State, sync: Sync): Step {
  // What is not on the first page may have been deleted meanwhile: paging finds it again if not.
  const listed = new Set(sync.conversations.map(({ id }) => id));
  const kept = [...state.conversations].filter(([id, { deleted }]) => deleted || listed.has(id));
  const threads = [...state.threads].map(([id, thread]) => [id, { ...thread, fresh: false }] as const);
  const asks: Ask[] = [];
  let next: State = { ...state, conversations: new Map(kept), next: sync.next, threads: new Map(threads) };
  next = keepConversations(next, sync.conversations);
  if (sync.conversation) ({ state: next } = collect(keepPage(next, sync.conversation), asks));
  for (const run of sync.runs) ({ state: next } = collect(reduce(next, { type: "run", run }), asks));
  const told = new Set(sync.runs.map(({ run }) => run.id));
  for (const [id, run] of next.runs) {
    if (!run.ended && !told.has(id)) asks.push({ type: "run", run: id, mismatch: false });
  }
  return { state: next, grown: null, asks };
}

function collect(step: Step, asks: Ask[]): Step {
  asks.push(...step.asks);
  return step;
}

function keepConversations(state: State, arrived: readonly Conversation[]): State {
  const conversations = new Map(state.conversations);
  const news = arrived.filter(({ id, version }) => version > (conversations.get(id)?.version ?? -1));
  if (news.length === 0) return state;
  const leaves = new Map(state.leaves);
  for (const conversation of news) {
    const leaf = conversations.get(conversation.id)?.head;
    if (leaf && state.messages.has(leaf)) leaves.set(conversation.id, leaf);
    conversations.set(conversation.id, conversation);
  }
  return { ...state, conversations, leaves };
}

/** Keep a conversation that changed; one that was gone, and whose deletion was taken back, has to be fetched. */
function keepChanged(state: State, changed: Conversation): Step {
  const next = keepConversations(state, [changed]);
  if (next === state || changed.deleted || !state.threads.get(changed.id)?.missing) return quiet(next);
  return {
    state: withThread(next, changed.id, UNKNOWN),
    grown: null,
    asks: [{ type: "conversation", conversation: changed.id }],
  };
}

function keepPage(state: State, page: ConversationPage): Step {
  const { id } = page.conversation;
  const older = new Map(state.threads.get(id)?.older);
  const first = page.messages[0];
  if (first && page.next !== null) older.set(first.id, page.next);
  const known = keepConversations(state, [page.conversation]);
  return keepMessages(withThread(known, id, { fresh: true, missing: false, older }), page.messages);
}

function withThread(state: State, id: string, thread: Thread): State {
  return { ...state, threads: new Map(state.threads).set(id, thread) };
}

function keepMessages(state: State, arrived: readonly Message[]): Step {
  const messages = new Map(state.messages);
  const asks: Ask[] = [];
  let next: State = { ...state, messages };
  for (const message of arrived) {
    const kept = merge(messages.get(message.id), message);
    messages.set(message.id, kept);
    if (kept.truncated && state.threads.has(kept.conversation)) {
      asks.push({ type: "conversation", conversation: kept.conversation });
    }
    const { run, parts, truncated } = message;
    if (run && !truncated) {
      ({ state: next } = collect(keepRun(next, run.id, message.conversation, (held) => applySnapshot(held, { run, parts })), asks));
    }
  }
  return { state: next, grown: null, asks };
}

/** Choose between two states of a message: the larger version, and of the same one the whole. */
function merge(held: Message | undefined, arrived: Message): Message {
  if (!held) return arrived;
  // Only pages name siblings: a publication that does not is no news of them.
  if (arrived.version > held.version) return { ...(held.siblings && { siblings: held.siblings }), ...arrived };
  if (arrived.version < held.version) return held;
  return held.truncated || (arrived.siblings && !arrived.truncated) ? arrived : held;
}

function keepRun(state: State, id: string, conversation: string, apply: (run: Run) => Verdict): Step {
  const known = state.runs.get(id);
  const run = known ?? new Run();
  run.conversation = conversation;
  const { status, parts, parts: { size } } = run;
  const verdict = apply(run);
  const same = known && run.status === status && run.parts === parts && run.parts.size === size;
  return {
    state: same ? state : { ...state, runs: new Map(state.runs).set(id, run) },
    grown: verdict === "dropped" ? null : id,
    asks: verdict === "gap" || verdict === "mismatch"
      ? [{ type: "run", run: id, mismatch: verdict === "mismatch" }]
      : [],
  };
}
