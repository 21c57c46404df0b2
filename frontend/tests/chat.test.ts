/** The chat over a scripted caller: what it asks, and what it keeps. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Chat } from "../src/core/chat";
import { CallError } from "../src/core/failure";
import { isNew, newId } from "../src/core/outbox";
import type { Prompt } from "../src/core/outbox";
import type { Message, Sent } from "../src/core/protocol";
import { runningRun } from "../src/core/selectors";
import { branch } from "../src/core/tree";
import { conversation, delta, ending, MemoryKeeper, reply, runEvent, runState, status, userMessage } from "./examples";
import { Script } from "./script";
import { until } from "./server";

let keeper: MemoryKeeper;
let script: Script;
let chat: Chat;

const begin = (): void => {
  script = new Script();
  chat = new Chat(keeper, () => script);
  chat.start();
};

beforeEach(() => {
  keeper = new MemoryKeeper();
  begin();
});

const prompt = (id: string, thread: string, changes: Partial<Prompt> = {}): Prompt => ({ id, thread, text: "Hi", ...changes });
const taken = (id: string): Sent => {
  const message = userMessage("u1", "c1", { client_message_id: id });
  return { conversation: conversation("c1", { head: "a1" }), message, reply: reply("a1", message, status("r1", 0)) };
};
const state = () => chat.store.view.state;
const asMessage = (message: Message): void => chat.event({ type: "message", message });

test("a prompt is kept until the server has it, and begins its conversation", async () => {
  chat.sender.send(prompt("p1", "new-1"));
  assert.equal(chat.store.view.outbox.length, 1);
  assert.equal(keeper.length, 1);
  script.answer("chat:send", taken("p1"));
  await until(() => chat.store.view.outbox.length === 0);
  assert.deepEqual(script.of("chat:send"), [{ client_message_id: "p1", text: "Hi" }]);
  assert.equal(keeper.length, 0);
  assert.equal(chat.store.view.begun.get("new-1"), "c1");
  assert.equal(branch(state(), "c1").length, 2);
});

test("a publication settles a prompt before the reply, and whatever the reply is", async () => {
  chat.sender.send(prompt("p1", "c1"));
  asMessage(taken("p1").message);
  assert.deepEqual(chat.store.view.outbox, []);
  script.answer("chat:send", new CallError(0, "Not reached.", true));
  await Promise.resolve();
  assert.deepEqual(chat.store.view.outbox, []);
});

test("the next page sends what the last one left, under the same id", async () => {
  chat.sender.send(prompt("p1", "c1", { model: "m" }));
  begin();
  assert.deepEqual(script.of("chat:send"), [{ client_message_id: "p1", text: "Hi", conversation: "c1", model: "m" }]);
});

test("a prompt that was refused says why, and can be sent again or dropped", async () => {
  chat.sender.send(prompt("p1", "c1"));
  script.answer("chat:send", new CallError(1429, "Try again in 20 seconds.", true));
  await until(() => chat.store.view.outbox[0]?.failure !== undefined);
  const failed = chat.store.view.outbox[0] as Prompt;
  assert.equal(failed.failure, "Try again in 20 seconds.");
  chat.sender.send(failed);
  assert.equal(chat.store.view.outbox[0]?.failure, undefined);
  assert.equal(script.of("chat:send").length, 2);
  script.answer("chat:send", new CallError(1429, "Try again in 10 seconds.", true));
  await until(() => chat.store.view.outbox[0]?.failure !== undefined);
  chat.sender.withdraw("p1");
  assert.equal(keeper.length, 0);
});

test("a prompt to a conversation that is gone is kept for a new one, whatever is known first", async () => {
  const deleted = conversation("c1", { deleted: true, version: 2 });
  for (const known of ["before", "after"]) {
    if (known === "before") chat.event({ type: "conversation", conversation: deleted });
    chat.sender.send(prompt("p1", "c1"));
    script.answer("chat:send", new CallError(1404, "There is no such conversation.", false));
    await until(() => chat.store.view.outbox[0]?.failure !== undefined);
    if (known === "after") chat.event({ type: "conversation", conversation: deleted });
    const kept = chat.store.view.outbox[0] as Prompt;
    assert.ok(isNew(kept.thread));
    chat.sender.send(kept);
    assert.deepEqual(script.of("chat:send")[1], { client_message_id: "p1", text: "Hi" });
    keeper = new MemoryKeeper();
    begin();
  }
});

test("a prompt that is refused for another reason stays where it is", async () => {
  chat.sender.send(prompt("p1", "c1"));
  script.answer("chat:send", new CallError(1404, "There is no such model.", false));
  await until(() => chat.store.view.outbox[0]?.failure !== undefined);
  assert.equal(chat.store.view.outbox[0]?.thread, "c1");
});

test("prompts of a thread go one after another, also into the conversation that the first began", async () => {
  chat.sender.send(prompt("p1", "new-1"));
  chat.sender.send(prompt("p2", "new-1", { interrupts: true }));
  assert.equal(script.of("chat:send").length, 1);
  script.answer("chat:send", taken("p1"));
  await until(() => script.of("chat:send").length === 2);
  assert.deepEqual(script.of("chat:send")[1], { client_message_id: "p2", text: "Hi", conversation: "c1", if_busy: "stop" });
});

test("ids have the form of the protocol, and the order of their making", () => {
  const ids = Array.from({ length: 100 }, () => newId());
  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{1,64}$/);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok((ids[0] as string).slice(0, 9) <= (ids[99] as string).slice(0, 9));
});

test("opening a conversation fetches it once, and says when there is none", async () => {
  chat.open("c1");
  chat.open("c1");
  script.answer("chat:conversation", new CallError(1404, "There is no such conversation.", false));
  await until(() => state().threads.get("c1")?.missing === true);
  assert.equal(script.of("chat:conversation").length, 1);
});

test("a gap is asked for once at a time, until nothing is missing", async () => {
  chat.event(runEvent("r1", 3, [delta("!")]));
  chat.event(runEvent("r1", 4, [delta("?")]));
  assert.deepEqual(script.of("chat:run"), [{ run: "r1" }]);
  script.answer("chat:run", runState(status("r1", 1), "Hel"));
  await until(() => script.of("chat:run").length === 2);
  script.answer("chat:run", runState(status("r1", 2), "Hello"));
  await until(() => state().runs.get("r1")?.seq === 4);
  assert.equal(state().runs.get("r1")?.parts.get("1")?.text, "Hello!?");
  assert.equal(script.of("chat:run").length, 2);
});

test("a wrong checksum is reported, and what the server has is shown", async () => {
  chat.event(runEvent("r1", 1, [delta("Hallo"), ending("Hello")]));
  assert.deepEqual(script.of("chat:run"), [{ run: "r1", mismatch: true }]);
  script.answer("chat:run", runState(status("r1", 1, { status: "completed" }), "Hello"));
  await until(() => state().runs.get("r1")?.parts.get("1")?.text === "Hello");
});

test("what has to be known is asked again while the server is away, or was asked too often", async () => {
  const refusals = [new CallError(1503, "Away.", true), new CallError(1429, "Too much at once.", true)];
  script.answers["chat:run"] = [...refusals, runState(status("r1", 1), "Hel")];
  chat.event(runEvent("r1", 2, [delta("lo")]));
  await until(() => state().runs.get("r1")?.seq === 2);
});

test("stop names the run, or the prompt that will start it", async () => {
  chat.sender.send(prompt("p1", "new-1"));
  void chat.stop("new-1");
  assert.deepEqual(script.of("chat:stop"), [{ client_message_id: "p1" }]);
  script.answer("chat:send", taken("p1"));
  await until(() => runningRun(state(), branch(state(), "c1")) !== null);
  void chat.stop("c1");
  assert.deepEqual(script.of("chat:stop")[1], { run: "r1" });
  assert.ok(chat.store.view.stopping.has("r1"));
});

test("a stop that failed can be tried again", async () => {
  chat.sender.send(prompt("p1", "c1"));
  script.answers["chat:stop"] = [new CallError(0, "There is no connection.", true)];
  await assert.rejects(chat.stop("c1"), CallError);
  assert.equal(chat.store.view.stopping.size, 0);
});

test("a change is shown when the server made it", async () => {
  chat.event({ type: "conversation", conversation: conversation("c1") });
  script.answers["chat:rename"] = [{ conversation: conversation("c1", { title: "New", version: 2 }) }];
  script.answers["chat:delete"] = [{ conversation: conversation("c1", { version: 3, deleted: true }) }];
  await chat.rename("c1", "New");
  assert.equal(state().conversations.get("c1")?.title, "New");
  await chat.delete("c1");
  assert.equal(state().conversations.get("c1")?.deleted, true);
});

test("a token is kept, and another user sees nothing of the last one", () => {
  const welcome = { user: "u1", channel: "chat:#u1", token: "t1", models: [], limits: {} };
  chat.welcome(welcome);
  assert.equal(chat.token, "t1");
  chat.event({ type: "conversation", conversation: conversation("c1") });
  chat.welcome({ ...welcome, user: "u2" });
  assert.equal(state().conversations.size, 0);
});

const who = (user: string) => ({ user, channel: `chat:#${user}`, models: [], limits: {} });
/** Open the page again; return how often it wanted to be reloaded. */
const reopen = (): { times: number } => {
  const reloads = { times: 0 };
  script = new Script();
  chat = new Chat(keeper, () => script, () => reloads.times++);
  chat.start();
  return reloads;
};

test("what one user left unsent and unfinished is nobody else's", async () => {
  chat.sender.send(prompt("p1", "new-1", { text: "A secret" }));
  chat.own.setItem("draft", "Another secret");
  // Before the first connection nobody knows who writes: it is theirs who comes.
  assert.equal(chat.welcome(who("u1")), true);
  assert.equal(chat.own.getItem("draft"), "Another secret");

  let reloads = reopen();
  assert.deepEqual(chat.sender.prompts.map(({ text }) => text), ["A secret"]);
  assert.equal(chat.welcome(who("u2")), false);
  assert.equal(reloads.times, 1);
  assert.deepEqual(chat.store.view.outbox, []);
  // The page's last act before it is reloaded is to keep the draft of the one who wrote it.
  chat.own.setItem("draft", "Written last");

  reloads = reopen();
  assert.deepEqual(chat.sender.prompts, []);
  assert.equal(chat.own.getItem("draft"), null);
  assert.equal(chat.welcome(who("u2")), true);
  assert.equal(chat.welcome(who("u1")), false);
  assert.equal(reloads.times, 1);

  reopen();
  assert.equal(chat.own.getItem("draft"), "Written last");
  assert.equal(chat.sender.prompts.length, 1);
});

test("a tab notices another user though another tab has noticed first", () => {
  chat.welcome(who("u1"));
  const tab = chat;
  reopen();
  chat.welcome(who("u2"));
  assert.equal(tab.welcome(who("u2")), false);
});

test("names of users are not taken for the beginning of each other's", () => {
  chat.welcome(who("u"));
  chat.own.setItem("a", "1");
  chat.welcome(who("u:a"));
  reopen();
  chat.own.setItem("a", "2");
  assert.equal(chat.own.length, 1);
  assert.equal(chat.own.key(0), "a");
});

test("a guest whom the server forgot takes along what they wrote; after a login it stays behind", () => {
  chat.welcome({ ...who("guest-1"), token: "t" });
  chat.own.setItem("draft", "Mine");
  chat.forget();
  assert.equal(chat.welcome({ ...who("guest-2"), token: "t" }), true);
  assert.equal(chat.own.getItem("draft"), "Mine");

  keeper = new MemoryKeeper();
  reopen();
  chat.welcome(who("u1"));
  chat.own.setItem("draft", "Mine");
  chat.forget();
  assert.equal(chat.welcome(who("u2")), false);
});

test("the pages of the list follow each other", async () => {
  const position = { offset: 0, epoch: "e" };
  chat.sync({ position, conversations: [conversation("c1")], next: "cursor", runs: [] });
  script.answers["chat:conversations"] = [{ conversations: [conversation("c0")], next: null }];
  await chat.more();
  await chat.more();
  assert.deepEqual(script.of("chat:conversations"), [{ cursor: "cursor" }]);
  assert.equal(state().conversations.size, 2);
});
