import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, reduce } from "../src/core/conversation";
import type { Arrival, Ask, State } from "../src/core/conversation";
import type { ChatEvent, Conversation, Message, Sync } from "../src/core/protocol";
import { listed, olderCursor, runningRun, runOf } from "../src/core/selectors";
import { branch } from "../src/core/tree";
import { conversation, delta, ending, reply, runEvent, runState, status, userMessage } from "./examples";

/** Take in everything in order; return the last state and all that was asked. */
function after(...arrivals: Arrival[]): { state: State; asks: Ask[] } {
  const asks: Ask[] = [];
  const state = arrivals.reduce((held, arrival) => {
    const step = reduce(held, arrival);
    asks.push(...step.asks);
    return step.state;
  }, EMPTY);
  return { state, asks };
}

const event = (told: ChatEvent): Arrival => ({ type: "event", event: told });
const ofMessage = (message: Message): Arrival => event({ type: "message", message });
const ofConversation = (told: Conversation): Arrival => event({ type: "conversation", conversation: told });
const sync = (changes: Partial<Sync> = {}): Arrival => ({
  type: "sync", sync: { position: { offset: 1, epoch: "e" }, conversations: [], next: null, runs: [], ...changes },
});
const ids = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

const prompt = userMessage("u1", "c1");
const answer = reply("a1", prompt, status("r1", 0));

test("the larger version of a conversation wins, in whatever order they come", () => {
  const { state } = after(
    ofConversation(conversation("c1", { version: 3, title: "new" })),
    ofConversation(conversation("c1", { version: 2, title: "old" })),
  );
  assert.equal(state.conversations.get("c1")?.title, "new");
});

test("a deleted conversation stays away", () => {
  const { state } = after(
    ofConversation(conversation("c1")),
    ofConversation(conversation("c1", { version: 2, deleted: true })),
    sync({ conversations: [conversation("c1")] }),
  );
  assert.deepEqual(listed(state.conversations), []);
});

test("conversations are listed by their last change", () => {
  const { state } = after(
    ofConversation(conversation("c1", { updated_at: "2026-11-24T08:00:01.000Z" })),
    ofConversation(conversation("c2", { updated_at: "2026-11-24T08:00:03.000Z" })),
    ofConversation(conversation("c3", { updated_at: "2026-11-24T08:00:02.000Z" })),
  );
  assert.deepEqual(listed(state.conversations).map(({ id }) => id), ["c2", "c3", "c1"]);
});

test("what the first page does not name any more goes, until paging finds it again", () => {
  const { state } = after(
    sync({ conversations: [conversation("c1"), conversation("c2")] }),
    sync({ conversations: [conversation("c2")], next: "cursor" }),
  );
  assert.deepEqual(listed(state.conversations).map(({ id }) => id), ["c2"]);
  assert.equal(state.next, "cursor");
});

test("the branch shown ends in the head", () => {
  const other = reply("a0", prompt, status("r0", 3, { status: "completed" }), "other");
  const { state } = after(
    ofMessage(prompt), ofMessage(other), ofMessage(answer), ofConversation(conversation("c1", { head: "a0" })),
  );
  assert.deepEqual(ids(branch(state, "c1")), ["u1", "a0"]);
});

test("a head that is not known yet hides nothing", () => {
  const { state } = after(ofMessage(prompt), ofConversation(conversation("c1", { head: "a1" })));
  assert.deepEqual(ids(branch(state, "c1")), ["u1"]);
});

test("what answers the head is shown before the head moves on", () => {
  const next = userMessage("u2", "c1", { parent: "a1" });
  const { state } = after(
    ofConversation(conversation("c1", { head: "a1" })), ofMessage(prompt), ofMessage(answer), ofMessage(next),
  );
  assert.deepEqual(ids(branch(state, "c1")), ["u1", "a1", "u2"]);
});

test("a run's publications may overtake its message", () => {
  const { state } = after(event(runEvent("r1", 1, [delta("Hel")])), ofMessage(prompt), ofMessage(answer));
  assert.equal(state.runs.get("r1")?.parts.get("1")?.text, "Hel");
  assert.equal(runningRun(state, branch(state, "c1"))?.id, "r1");
});

test("growing text makes no new state, what starts or ends does", () => {
  const { state } = after(ofMessage(prompt), ofMessage(answer));
  const begun = reduce(state, event(runEvent("r1", 1, [delta("Hel")])));
  const grown = reduce(begun.state, event(runEvent("r1", 2, [delta("lo")])));
  const ended = reduce(grown.state, event(runEvent("r1", 3, [ending("Hello")])));
  assert.notEqual(begun.state, state);
  assert.equal(grown.state, begun.state);
  assert.equal(grown.grown, "r1");
  assert.notEqual(ended.state, grown.state);
  assert.equal(runningRun(ended.state, branch(ended.state, "c1")), null);
});

test("a gap and a wrong checksum ask for the run", () => {
  assert.deepEqual(after(event(runEvent("r1", 2, [delta("lo")]))).asks, [{ type: "run", run: "r1", mismatch: false }]);
  const { asks } = after(event(runEvent("r1", 1, [delta("Hallo"), ending("Hello")])));
  assert.deepEqual(asks, [{ type: "run", run: "r1", mismatch: true }]);
});

test("a run that the server does not name as running any more is asked for", () => {
  const { asks } = after(event(runEvent("r1", 1, [delta("Hel")])), sync());
  assert.deepEqual(asks, [{ type: "run", run: "r1", mismatch: false }]);
});

test("a sync brings running answers", () => {
  const { state, asks } = after(sync({ runs: [runState(status("r1", 7), "Hello")] }), event(runEvent("r1", 8, [delta("!")])));
  assert.deepEqual(asks, []);
  assert.equal(state.runs.get("r1")?.parts.get("1")?.text, "Hello!");
});

test("a run that is too large for a sync is asked for at once, and once", () => {
  const truncated = { ...runState(status("r1", 0), ""), parts: [], truncated: true };
  const ask: Ask = { type: "run", run: "r1", mismatch: false };
  assert.deepEqual(after(sync({ runs: [truncated] })).asks, [ask]);
  // What was kept aside asks already, and what is known to have ended lacks nothing.
  const aside = event(runEvent("r1", 8, [delta("!")]));
  assert.deepEqual(after(aside, sync({ runs: [truncated] })).asks, [ask, ask]);
  const ended = runState(status("r1", 9, { status: "completed" }), "Hello");
  assert.deepEqual(after({ type: "run", run: ended }, sync({ runs: [truncated] })).asks, []);
});

test("a message's parts count only where they are ahead of its run", () => {
  const late = { ...answer, version: 2, run: status("r1", 0) };
  const { state } = after(event(runEvent("r1", 1, [delta("Hel")])), ofMessage(answer), ofMessage(late));
  assert.equal(state.runs.get("r1")?.parts.get("1")?.text, "Hel");
  const done = reply("a1", prompt, status("r1", 9, { status: "completed" }), "Hello");
  const whole = reduce(state, ofMessage({ ...done, version: 3 })).state;
  assert.equal(whole.runs.get("r1")?.parts.get("1")?.text, "Hello");
});

test("a truncated message is fetched where it is looked at, and replaced by the whole one", () => {
  const page = { conversation: conversation("c1"), messages: [], next: null };
  const truncated: Message = { ...prompt, parts: [], truncated: true };
  const { state, asks } = after({ type: "thread", page }, ofMessage(truncated));
  assert.deepEqual(asks, [{ type: "conversation", conversation: "c1" }]);
  const whole = reduce(state, { type: "thread", page: { ...page, messages: [prompt] } });
  assert.deepEqual(whole.asks, []);
  assert.deepEqual(whole.state.messages.get("u1"), prompt);
  assert.deepEqual(reduce(whole.state, ofMessage(truncated)).state.messages.get("u1"), prompt);
});

test("a truncated answer does not empty the run", () => {
  const truncated: Message = { ...answer, version: 2, run: status("r1", 50), truncated: true };
  const { state } = after(event(runEvent("r1", 1, [delta("Hel")])), ofMessage(truncated));
  assert.equal(state.runs.get("r1")?.parts.get("1")?.text, "Hel");
});

test("an answer that goes on from a text too long for its message is asked for", () => {
  const truncated: Message = { ...answer, truncated: true };
  const first = event(runEvent("r1", 1, [{ type: "run-reset", keep: [{ id: "1", length: 5 }] }, delta("!")]));
  const { state, asks } = after(ofMessage(truncated), first);
  assert.deepEqual(asks, [{ type: "run", run: "r1", mismatch: false }]);
  const whole = reduce(state, { type: "run", run: runState(status("r1", 0), "Hello") }).state;
  assert.equal(whole.runs.get("r1")?.parts.get("1")?.text, "Hello!");
});

test("older pages join at the top, and the cursor is that of the first message known", () => {
  const second = userMessage("u2", "c1", { parent: "a1" });
  const told = conversation("c1", { head: "u2" });
  const { state } = after({ type: "thread", page: { conversation: told, messages: [answer, second], next: "before a1" } });
  assert.equal(olderCursor(state, "c1", branch(state, "c1")), "before a1");
  const whole = reduce(state, { type: "thread", page: { conversation: told, messages: [prompt], next: null } }).state;
  assert.deepEqual(ids(branch(whole, "c1")), ["u1", "a1", "u2"]);
  assert.equal(olderCursor(whole, "c1", branch(whole, "c1")), null);
});

test("after a sync every thread but the one it brought is to be fetched again", () => {
  const page = (id: string) => ({ conversation: conversation(id), messages: [], next: null });
  const { state } = after(
    { type: "thread", page: page("c1") }, { type: "thread", page: page("c2") }, sync({ conversation: page("c1") }),
  );
  assert.equal(state.threads.get("c1")?.fresh, true);
  assert.equal(state.threads.get("c2")?.fresh, false);
});

test("an answer without a run is whole, and one whose run was not told yet is still to come", () => {
  const { run: _, ...whole } = reply("a1", prompt, status("r1", 0), "Hello");
  const { state } = after(ofMessage(prompt), ofMessage(whole));
  assert.equal(runOf(state, whole).parts.get("1")?.text, "Hello");
  assert.ok(runOf(state, whole).ended);
  assert.equal(runOf(state, whole), runOf(state, whole));
  assert.ok(!runOf(state, { ...answer, run: status("r9", 3) }).ended);
});
