/** Prompts that wait until an answer has ended. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Chat } from "../src/core/chat";
import { CallError } from "../src/core/failure";
import { isNew } from "../src/core/outbox";
import type { Prompt } from "../src/core/outbox";
import type { Message, Sent } from "../src/core/protocol";
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

const asked = userMessage("u1", "c1");
const running = reply("a1", asked, status("r1", 0));
const tell = (message: Message): void => chat.event({ type: "message", message });
const sync = (...runs: ReturnType<typeof runState>[]): void =>
  chat.sync({ position: { offset: 0, epoch: "e" }, conversations: [conversation("c1")], next: null, runs });
const waiting = (id: string, changes: Partial<Prompt> = {}): Prompt => ({ id, thread: "c1", text: "Then?", waits: true, ...changes });
const end = (): void => chat.event(runEvent("r1", 1, [delta("Yes"), ending("Yes")]));
const sends = (): unknown[] => script.of("chat:send").map(({ client_message_id: id, if_busy: busy }) => [id, busy]);
const taken = (id: string, run: string): Sent => {
  const message = userMessage(`u-${id}`, "c1", { client_message_id: id });
  return { conversation: conversation("c1", { version: 9 }), message, reply: reply(`a-${id}`, message, status(run, 0)) };
};

beforeEach(() => {
  keeper = new MemoryKeeper();
  begin();
  sync();
  tell(asked);
  tell(running);
});

test("a prompt waits until the answer has ended, and the next until the answer to that", async () => {
  chat.sender.send(waiting("p1"));
  chat.sender.send(waiting("p2"));
  assert.deepEqual(sends(), []);
  end();
  assert.deepEqual(sends(), [["p1", undefined]]);
  script.answer("chat:send", taken("p1", "r2"));
  await until(() => chat.store.view.outbox.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(sends().length, 1);
  chat.event({ ...runEvent("r2", 1, [ending("")]), message: "a-p1" });
  await until(() => sends().length === 2);
});

test("what follows in a new thread goes on though the reply to the first is lost", async () => {
  chat.sender.send({ id: "p1", thread: "new-1", text: "First" });
  chat.sender.send({ id: "p2", thread: "new-1", text: "Second" });
  tell(userMessage("u9", "c9", { client_message_id: "p1" }));
  script.answer("chat:send", new CallError(1429, "Too fast.", false));

  await until(() => sends().length === 2);
  assert.deepEqual(sends().map((sent) => (sent as unknown[])[0]), ["p1", "p2"]);
});

test("a prompt that waits survives the page, and goes when the server says that nothing is going", () => {
  chat.sender.send(waiting("p1"));
  begin();
  assert.deepEqual(sends(), []);
  sync(runState(status("r1", 4), "Ye"));
  assert.deepEqual(sends(), []);
  chat.event(runEvent("r1", 5, [delta("s"), ending("Yes")]));
  assert.deepEqual(sends(), [["p1", undefined]]);
});

test("a prompt that waits can be sent at once, before others that wait", () => {
  chat.sender.send(waiting("p1"));
  chat.sender.send(waiting("p2"));
  chat.sender.hurry("p2");
  assert.deepEqual(sends(), [["p2", "stop"]]);
  assert.equal(chat.store.view.outbox.find(({ id }) => id === "p1")?.waits, true);
});

test("a prompt that waits can be taken back; one on its way can't", () => {
  chat.sender.send(waiting("p1"));
  assert.equal(chat.sender.withdraw("p1")?.text, "Then?");
  end();
  assert.deepEqual(sends(), []);
  chat.sender.send(waiting("p2"));
  assert.equal(chat.sender.withdraw("p2"), null);
  assert.deepEqual(sends(), [["p2", undefined]]);
});

test("a prompt that finds an answer going of which nothing was known waits for its end", async () => {
  end();
  chat.sender.send({ id: "p1", thread: "c1", text: "Then?" });
  script.answer("chat:send", new CallError(1408, "An answer is still being written in this conversation.", false));
  await until(() => chat.store.view.outbox[0]?.waits === true);
  assert.equal(chat.store.view.outbox[0]?.failure, undefined);
  await until(() => sends().length === 2);
});

test("stop stops the answer, not what waits for it", () => {
  chat.sender.send(waiting("p1"));
  void chat.stop("c1");
  assert.deepEqual(script.of("chat:stop"), [{ run: "r1" }]);
  begin();
  sync(runState(status("r1", 4), "Ye"));
  // Where the run's message is in the conversation, if anywhere that is shown, is not known.
  void chat.stop("c1");
  assert.deepEqual(script.of("chat:stop"), [{ run: "r1" }]);
});

test("what waits is seen and taken back in other tabs, too", () => {
  const first = chat;
  chat.sender.send(waiting("p1"));
  begin();
  sync(runState(status("r1", 4), "Ye"));
  const second = chat;
  assert.equal(second.store.view.outbox.length, 1);
  second.sender.send(waiting("p2"));
  first.sender.refresh();
  assert.deepEqual(first.store.view.outbox.map(({ id }) => id), ["p1", "p2"]);
  first.sender.withdraw("p1");
  // The second tab may not have heard of it when the answer ends.
  second.event(runEvent("r1", 5, [delta("s"), ending("Yes")]));
  assert.deepEqual(sends(), [["p2", undefined]]);
});

test("what a full storage could not keep is not taken for taken away", () => {
  keeper.setItem = () => { throw new Error("full"); };
  chat.sender.send(waiting("p1"));
  chat.sender.refresh();
  assert.equal(chat.store.view.outbox.length, 1);
});

test("a prompt that waits in a conversation that is deleted is kept for a new one", () => {
  chat.sender.send(waiting("p1"));
  chat.event({ type: "conversation", conversation: conversation("c1", { version: 2, deleted: true }) });
  const kept = chat.store.view.outbox[0] as Prompt;
  assert.ok(isNew(kept.thread));
  assert.equal(kept.waits, undefined);
  assert.notEqual(kept.failure, undefined);
});
