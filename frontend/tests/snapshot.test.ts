/** What is kept for a start without a connection: bounded, true, and nobody else's. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Chat } from "../src/core/chat";
import { EMPTY, reduce } from "../src/core/conversation";
import type { State } from "../src/core/conversation";
import type { Conversation, Message, Sync } from "../src/core/protocol";
import { listed, olderCursor, runOf } from "../src/core/selectors";
import { KEPT, Snapshot } from "../src/core/snapshot";
import { branch } from "../src/core/tree";
import { conversation, delta, MemoryKeeper, reply, runEvent, status, userMessage } from "./examples";

const start = { type: "text-start", id: "1" } as const;

let keeper: MemoryKeeper;
beforeEach(() => (keeper = new MemoryKeeper()));

function known(conversations: readonly Conversation[], pages: readonly (readonly Message[])[] = [], next: string | null = null): State {
  let { state } = reduce(EMPTY, { type: "conversations", page: { conversations, next: "more" } });
  for (const messages of pages) {
    const of = conversations.find(({ id }) => id === messages[0]?.conversation) as Conversation;
    ({ state } = reduce(state, { type: "thread", page: { conversation: of, messages, next } }));
  }
  return state;
}

/** A prompt and its whole answer in a conversation. */
function turn(id: string, text = "text"): Message[] {
  const prompt = userMessage(`${id}-u`, id);
  return [prompt, reply(`${id}-a`, prompt, status(`${id}-r`, 3, { status: "completed", finish_reason: "stop" }), text)];
}

const recall = (): State => {
  const state = new Snapshot(keeper).recall();
  assert.ok(state);
  return state;
};
const texts = (state: State, id: string): string[] =>
  branch(state, id).map((message) => [...runOf(state, message).parts.values()].map((part) => part.text).join(""));

test("what was opened is there again, and has to be fetched anew", () => {
  new Snapshot(keeper).keep(known([conversation("c1", { head: "c1-a" }), conversation("c2")], [turn("c1")]), "c1");
  const state = recall();
  assert.deepEqual(listed(state.conversations).map(({ id }) => id), ["c2", "c1"]);
  assert.deepEqual(texts(state, "c1"), ["text of c1-u", "text"]);
  assert.deepEqual(state.threads.get("c1"), { fresh: false, missing: false, older: new Map() });
  assert.equal(state.next, undefined);
});

test("what only the list names has no messages", () => {
  const state = known([conversation("c1"), conversation("c2")], [turn("c1"), turn("c2")]);
  new Snapshot(keeper).keep(state, null);
  assert.equal(recall().messages.size, 0);
});

test("an answer that was being written is kept as far as it had come, and goes on from there", () => {
  const prompt = userMessage("u1", "c1");
  let state = known([conversation("c1", { head: "a1" })], [[prompt, reply("a1", prompt, status("r1", 0))]]);
  ({ state } = reduce(state, { type: "event", event: runEvent("r1", 1, [start, delta("As far as ")]) }));
  new Snapshot(keeper).keep(state, "c1");

  state = recall();
  assert.deepEqual(texts(state, "c1"), ["text of u1", "As far as "]);
  const step = reduce(state, { type: "event", event: runEvent("r1", 2, [delta("that.")]) });
  assert.deepEqual(step.asks, []);
  assert.deepEqual(texts(step.state, "c1"), ["text of u1", "As far as that."]);
  // Whatever the server does not name as running has to be asked for.
  const sync: Sync = { position: { offset: 1, epoch: "e" }, conversations: [conversation("c1")], next: null, runs: [] };
  assert.deepEqual(reduce(state, { type: "sync", sync }).asks, [{ type: "run", run: "r1", mismatch: false }]);
});

test("what else a message says is kept", () => {
  const [prompt, answer] = turn("c1") as [Message, Message];
  const told = { ...answer, leftOut: 3, reasoningMs: 1500, model: "m", siblings: ["c1-a", "c1-b"] };
  new Snapshot(keeper).keep(known([conversation("c1", { head: "c1-a" })], [[prompt, told]]), "c1");
  assert.deepEqual(recall().messages.get("c1-a"), told);
});

test("the conversations opened last stay, and only as many as may", () => {
  const ids = Array.from({ length: KEPT.threads + 5 }, (_, number) => `c${number}`);
  const state = known(ids.map((id) => conversation(id)), ids.map((id) => turn(id)));
  const snapshot = new Snapshot(keeper);
  for (const id of ids) snapshot.keep(state, id);
  assert.deepEqual([...recall().threads.keys()].sort(), ids.slice(5).sort());
  assert.equal(keeper.length, KEPT.threads + 1);
});

test("the list is bounded", () => {
  const many = Array.from({ length: KEPT.conversations + 10 }, (_, number) => conversation(`c${number}`));
  new Snapshot(keeper).keep(known(many), null);
  assert.equal(recall().conversations.size, KEPT.conversations);
});

test("all of it together is bounded", () => {
  const ids = Array.from({ length: 12 }, (_, number) => `c${number}`);
  const state = known(ids.map((id) => conversation(id)), ids.map((id) => turn(id, "x".repeat(150_000))));
  const snapshot = new Snapshot(keeper);
  for (const id of ids) snapshot.keep(state, id);
  const size = [...keeper.texts.values()].reduce((sum, text) => sum + text.length, 0);
  assert.ok(size > KEPT.all / 2 && size < KEPT.all + 100_000, `${size}`);
  assert.equal(recall().threads.has("c11"), true);
  assert.equal(recall().threads.has("c0"), false);
});

test("a long conversation is cut where it is known what is before", () => {
  const long = "x".repeat(80_000);
  const page = (from: number): Message[] =>
    [0, 1].map((number) => userMessage(`m${from + number}`, "c1", {
      parent: from + number === 0 ? null : `m${from + number - 1}`, parts: [{ id: "1", type: "text", text: long }],
    }));
  let state = known([conversation("c1", { head: "m5" })], [page(4)], "before-4");
  ({ state } = reduce(state, { type: "thread", page: { conversation: conversation("c1", { head: "m5" }), messages: page(2), next: "before-2" } }));
  new Snapshot(keeper).keep(state, "c1");
  const kept = recall();
  const messages = branch(kept, "c1");
  assert.deepEqual(messages.map(({ id }) => id), ["m4", "m5"]);
  assert.equal(olderCursor(kept, "c1", messages), "before-4");
});

test("what is too long for a copy is not kept, and nothing of it", () => {
  new Snapshot(keeper).keep(known([conversation("c1")], [turn("c1", "x".repeat(KEPT.thread))]), "c1");
  assert.equal(recall().messages.size, 0);
});

test("what was deleted, or is not listed any more, goes", () => {
  const snapshot = new Snapshot(keeper);
  const state = known([conversation("c1"), conversation("c2")], [turn("c1"), turn("c2")]);
  snapshot.keep(state, "c1");
  snapshot.keep(state, "c2");
  const event = { type: "conversation", conversation: conversation("c1", { version: 2, deleted: true }) } as const;
  snapshot.keep(reduce(state, { type: "event", event }).state, "c2");
  assert.deepEqual([...keeper.texts.keys()].sort(), ["onesocket:last", "onesocket:last:c2"]);
  new Snapshot(keeper).keep(known([conversation("c3")]), null);
  assert.deepEqual([...keeper.texts.keys()], ["onesocket:last"]);
});

test("what can't be read is as if it were not there", () => {
  keeper.setItem("onesocket:last", "{");
  assert.equal(new Snapshot(keeper).recall(), null);
  keeper.setItem("onesocket:last", JSON.stringify({ conversations: [{ id: 1 }], next: null, threads: [] }));
  assert.equal(new Snapshot(keeper).recall(), null);
  assert.equal(keeper.length, 0);
});

test("where there is no room, nothing is kept", () => {
  class Full extends MemoryKeeper {
    override setItem(key: string, value: string): void {
      if (value.length > 100_000) throw new Error("QuotaExceededError");
      super.setItem(key, value);
    }
  }
  const full = new Full();
  full.setItem("onesocket:draft:new", "Mine");
  const snapshot = new Snapshot(full);
  const state = known([conversation("c1"), conversation("c2")], [turn("c1"), turn("c2", "x".repeat(150_000))]);
  snapshot.keep(state, "c1");
  snapshot.keep(state, "c2");
  assert.equal(full.getItem("onesocket:last:c2"), null);
  assert.equal(full.getItem("onesocket:draft:new"), "Mine");
  assert.deepEqual(listed((new Snapshot(full).recall() as State).conversations).length, 2);
});

const page = (): Chat => new Chat(keeper, () => ({ call: () => new Promise(() => undefined) }));
const user = (name: string) => ({ user: name, channel: `chat:#${name}`, models: [], limits: {} });
const synced = (of: readonly Conversation[], messages: readonly Message[]): Sync => ({
  position: { offset: 0, epoch: "e" }, conversations: of, next: null, runs: [],
  conversation: { conversation: of[0] as Conversation, messages, next: null },
});

/** Let `name` look at a conversation, and leave. */
function visit(name: string, token: string | null): void {
  if (token !== null) keeper.setItem("onesocket:token", token);
  const chat = page();
  chat.open("c1");
  chat.welcome(user(name));
  chat.link({ state: "live" });
  chat.sync(synced([conversation("c1", { head: "c1-a" })], turn("c1", "a secret")));
  chat.keep();
}

test("a guest who comes again sees what was there, marked as such, until the server tells better", () => {
  visit("ada", "t1");
  const chat = page();
  chat.open("c1");
  chat.recall();
  assert.equal(chat.store.view.recalled, true);
  assert.deepEqual(texts(chat.store.view.state, "c1"), ["text of c1-u", "a secret"]);
  chat.welcome(user("ada"));
  assert.equal(chat.store.view.recalled, true);
  chat.sync({ ...synced([conversation("c2")], []), conversations: [conversation("c2")] });
  assert.equal(chat.store.view.recalled, false);
  assert.deepEqual(listed(chat.store.view.state.conversations).map(({ id }) => id), ["c2"]);
});

test("nothing is recalled once the server was there", () => {
  visit("ada", "t1");
  const chat = page();
  chat.welcome(user("ada"));
  chat.recall();
  assert.equal(chat.store.view.recalled, false);
});

test("where a login says who is here, nothing is kept and nothing shown", () => {
  visit("ada", null);
  assert.equal([...keeper.texts.values()].some((text) => text.includes("a secret")), false);
  const chat = page();
  chat.recall();
  assert.equal(chat.store.view.recalled, false);
});

test("somebody else sees nothing of it, and it goes", () => {
  visit("ada", "t1");
  const chat = page();
  chat.recall();
  chat.welcome(user("bob"));
  assert.equal(chat.store.view.state, EMPTY);
  assert.equal([...keeper.texts.values()].some((text) => text.includes("a secret")), false);
});

test("who is not known any more sees nothing of it, and it goes", () => {
  visit("ada", "t1");
  const chat = page();
  chat.recall();
  chat.link({ state: "closed", code: 4501, reason: "token expired" });
  assert.equal(chat.store.view.state, EMPTY);
  assert.equal([...keeper.texts.values()].some((text) => text.includes("a secret")), false);
});

test("who begins again as somebody new takes drafts along, and nothing that is the old one's", () => {
  visit("ada", "t1");
  const chat = page();
  chat.own.setItem("onesocket:draft:new", "Being written");
  chat.forget();
  assert.equal(chat.own.getItem("onesocket:draft:new"), "Being written");
  assert.equal([...keeper.texts.values()].some((text) => text.includes("a secret")), false);
});
