/** Edits, other answers, answers that go on, and the branch that is shown. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Chat } from "../src/core/chat";
import { CallError } from "../src/core/failure";
import type { Prompt } from "../src/core/outbox";
import { place } from "../src/core/placing";
import type { Message, Sent } from "../src/core/protocol";
import { branch, isWhole, siblings } from "../src/core/tree";
import { conversation, MemoryKeeper, reply, status, userMessage } from "./examples";
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

const done = (id: string, seq = 1) => status(id, seq, { status: "completed" });
const prompt = userMessage("u1", "c1");
const answer = reply("a1", prompt, done("r1"), "One");
const other = reply("a2", prompt, done("r2"), "Two");
const state = () => chat.store.view.state;
const shown = (): string[] => branch(state(), "c1").map(({ id }) => id);
const tell = (message: Message): void => chat.event({ type: "message", message });
const head = (id: string, version: number): void =>
  chat.event({ type: "conversation", conversation: conversation("c1", { head: id, version }) });
const page = (messages: Message[], changes = {}, next: string | null = null) => ({
  conversation: conversation("c1", { head: messages.at(-1)?.id ?? null, ...changes }), messages, next,
});

beforeEach(() => {
  keeper = new MemoryKeeper();
  begin();
});

/** Look at a conversation of one prompt and one answer. */
async function look(): Promise<void> {
  chat.open("c1");
  script.answer("chat:conversation", page([prompt, answer]));
  await until(() => shown().length === 2);
}

test("another answer takes the place of the one that is there, and is asked for once", async () => {
  await look();
  chat.regenerate(answer, "m2");
  const id = chat.store.view.outbox[0]?.id;
  assert.deepEqual(script.of("chat:regenerate"), [{ client_message_id: id, if_busy: "stop", message: "a1", model: "m2" }]);
  // A page that begins anew asks the same again.
  begin();
  assert.deepEqual(script.of("chat:regenerate"), [{ client_message_id: id, if_busy: "stop", message: "a1", model: "m2" }]);
  const sent: Sent = { conversation: conversation("c1", { head: "a2", version: 2 }), message: prompt, reply: other };
  script.answer("chat:regenerate", sent);
  await until(() => chat.store.view.outbox.length === 0);
  assert.deepEqual(shown(), ["u1", "a2"]);
  assert.equal(keeper.length, 0);
});

test("an answer that goes on is asked for under an id of its own", async () => {
  await look();
  chat.continueAnswer(answer);
  assert.deepEqual(script.of("chat:continue"), [
    { client_message_id: chat.store.view.outbox[0]?.id, if_busy: "stop", message: "a1" },
  ]);
});

test("an edit is a prompt to what the old one was said to, be it nothing", async () => {
  await look();
  chat.edit(prompt, "Other words");
  const id = chat.store.view.outbox[0]?.id as string;
  assert.deepEqual(script.of("chat:send"), [
    { client_message_id: id, text: "Other words", conversation: "c1", parent: null },
  ]);
  // Its publications show it before the reply comes, also while the head is not known.
  head("a9", 2);
  tell(userMessage("u9", "c1", { client_message_id: id }));
  assert.deepEqual(shown(), ["u9"]);
  tell(reply("a9", userMessage("u9", "c1"), status("r9", 0)));
  assert.deepEqual(shown(), ["u9", "a9"]);
  assert.deepEqual(chat.store.view.outbox, []);
});

test("a sibling's publication settles what asked for it, before the reply", async () => {
  await look();
  chat.regenerate(answer);
  const id = chat.store.view.outbox[0]?.id as string;
  head("a2", 2);
  tell({ ...other, client_message_id: id });
  assert.deepEqual(chat.store.view.outbox, []);
  assert.deepEqual(shown(), ["u1", "a2"]);
});

test("siblings are those that are known and those that pages name, in the order of their making", () => {
  chat.event({ type: "conversation", conversation: conversation("c1", { head: "a2" }) });
  for (const message of [prompt, other, { ...answer, siblings: ["a0", "a1"] }]) tell(message);
  assert.deepEqual(siblings(state(), other), ["a0", "a1", "a2"]);
  assert.deepEqual(siblings(state(), prompt), ["u1"]);
  // A publication names none, which is no news.
  tell({ ...answer, version: 5 });
  assert.deepEqual(siblings(state(), other), ["a0", "a1", "a2"]);
});

test("first prompts are siblings, too", () => {
  for (const message of [prompt, userMessage("u0", "c1"), userMessage("u2", "c2")]) tell(message);
  assert.deepEqual(siblings(state(), prompt), ["u0", "u1"]);
});

test("the branch that was chosen is shown when the server says so", async () => {
  await look();
  tell(other);
  script.answers["chat:select"] = [{ conversation: conversation("c1", { head: "a2", version: 2 }) }];
  await chat.select("c1", "a2");
  assert.deepEqual(script.of("chat:select"), [{ conversation: "c1", message: "a2" }]);
  assert.deepEqual(shown(), ["u1", "a2"]);
});

test("a branch that is not known is fetched, and the old one is shown until then", async () => {
  await look();
  head("a5", 2);
  assert.deepEqual(shown(), ["u1", "a1"]);
  await until(() => script.of("chat:conversation").length === 2);
  const edited = userMessage("u5", "c1");
  script.answer("chat:conversation", page([edited, reply("a5", edited, done("r5"), "Five")], { version: 2 }));
  await until(() => shown().includes("a5"));
  assert.deepEqual(shown(), ["u5", "a5"]);
  // Both are known now: choosing between them asks nothing more.
  head("a1", 3);
  assert.deepEqual(shown(), ["u1", "a1"]);
  chat.open("c1");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(script.of("chat:conversation").length, 2);
});

test("a head whose ancestors are not known is fetched; what a page begins with is no such", async () => {
  await look();
  const late = userMessage("u7", "c1", { parent: "a6" });
  tell(late);
  head("u7", 2);
  assert.equal(isWhole(state(), "c1"), false);
  await until(() => script.of("chat:conversation").length === 2);
  script.answer("chat:conversation", page([late], { version: 2 }, "before u7"));
  await until(() => isWhole(state(), "c1"));
});

test("a head that comes just before its messages is waited for", async () => {
  await look();
  head("a2", 2);
  tell(other);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(script.of("chat:conversation").length, 1);
});

test("what the server does not bring is not asked for again and again", async () => {
  await look();
  head("a5", 2);
  for (const _ of [1, 2]) {
    await until(() => script.of("chat:conversation").length === 2);
    script.answer("chat:conversation", page([prompt, answer], { version: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(script.of("chat:conversation").length, 2);
});

test("another answer that was refused says so beside the old one", async () => {
  await look();
  script.answers["chat:regenerate"] = [new CallError(1429, "Wait a minute.", true)];
  chat.regenerate(answer);
  await until(() => chat.store.view.outbox[0]?.failure !== undefined);
  const { messages, beside, last } = place(branch(state(), "c1"), chat.store.view.outbox);
  assert.equal(messages.length, 2);
  assert.equal(beside.get("a1")?.[0]?.failure, "Wait a minute.");
  assert.deepEqual(last, []);
});

test("an edit takes the place of what follows while it is sent, and stands beside it while it waits", () => {
  const messages = [prompt, answer, userMessage("u2", "c1", { parent: "a1" })];
  const edit: Prompt = { id: "p", thread: "c1", text: "Hi", beside: { kind: "edit", message: "u2", parent: "a1" } };
  const next: Prompt = { id: "q", thread: "c1", text: "And?" };
  const ids = (placed: ReturnType<typeof place>) => [placed.messages.map(({ id }) => id), placed.last.map(({ id }) => id)];
  assert.deepEqual(ids(place(messages, [edit, next])), [["u1", "a1"], ["p", "q"]]);
  assert.deepEqual(ids(place(messages, [{ ...edit, waits: true }, next])), [["u1", "a1", "u2"], ["q"]]);
  const goesOn: Prompt = { ...edit, beside: { kind: "continue", message: "a1", parent: "u1" } };
  assert.deepEqual(ids(place(messages, [goesOn])), [["u1", "a1"], ["p"]]);
  // Beside what is on another branch, it can stand at the end only.
  assert.deepEqual(ids(place([prompt, answer], [edit])), [["u1", "a1"], ["p"]]);
});
