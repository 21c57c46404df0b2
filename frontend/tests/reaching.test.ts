/** The way to a message that was found: back through pages, or by another branch. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Chat } from "../src/core/chat";
import { CallError } from "../src/core/failure";
import type { Message } from "../src/core/protocol";
import { reach } from "../src/core/reaching";
import { branch } from "../src/core/tree";
import { conversation, MemoryKeeper, userMessage } from "./examples";
import { Script } from "./script";
import { until } from "./server";

let script: Script;
let chat: Chat;
let end: AbortController;

beforeEach(() => {
  script = new Script();
  chat = new Chat(new MemoryKeeper(), () => script);
  end = new AbortController();
});

/** A line of messages, each of which answers to the one before. */
const line = (...ids: string[]): Message[] =>
  ids.map((id, at) => userMessage(id, "c1", { parent: ids[at - 1] ?? null }));
const [m1, m2, m3, m4, m5] = line("m1", "m2", "m3", "m4", "m5") as [Message, Message, Message, Message, Message];
const page = (messages: Message[], next: string | null = null, head = "m5", version = 1) =>
  ({ conversation: conversation("c1", { head, version }), messages, next });
const shown = (): string[] => branch(chat.store.view.state, "c1").map(({ id }) => id);
const to = (message: string): Promise<boolean> => reach(chat, "c1", message, end.signal);

test("pages are fetched as far back as the message is, and no further", async () => {
  chat.open("c1");
  const reached = to("m2");
  script.answer("chat:conversation", page([m5], "m5"));
  await until(() => script.of("chat:conversation").length === 2);
  script.answer("chat:conversation", page([m3, m4], "m3"));
  await until(() => script.of("chat:conversation").length === 3);
  script.answer("chat:conversation", page([m2], "m2"));
  assert.equal(await reached, true);
  assert.deepEqual(script.of("chat:conversation").map(({ before }) => before), [undefined, "m5", "m3"]);
  assert.deepEqual(script.of("chat:select"), []);
});

test("a page that somebody else fetches is waited for", async () => {
  chat.open("c1");
  script.answer("chat:conversation", page([m5], "m5"));
  await until(() => shown().length === 1);
  const older = chat.older("c1", "m5");
  const reached = to("m4");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(script.of("chat:conversation").length, 2);
  script.answer("chat:conversation", page([m4], "m4"));
  await older;
  assert.equal(await reached, true);
});

test("a message that is not on the branch shown is selected as soon as that is certain, and gone back to", async () => {
  chat.open("c1");
  const reached = to("m3");
  const other = userMessage("m4b", "c1", { parent: "m2" });
  script.answer("chat:conversation", page([other], "m4b", "m4b"));
  await until(() => script.of("chat:conversation").length === 2);
  script.answer("chat:conversation", page([m2], "m2", "m4b"));
  await until(() => script.of("chat:select").length === 1);
  assert.deepEqual(script.of("chat:select"), [{ conversation: "c1", message: "m3" }]);
  script.answer("chat:select", { conversation: conversation("c1", { head: "m5", version: 2 }) });
  await until(() => script.of("chat:conversation").length === 3);
  script.answer("chat:conversation", page([m5], "m5", "m5", 2));
  await until(() => script.of("chat:conversation").length === 4);
  script.answer("chat:conversation", page([m3, m4], "m3", "m5", 2));
  assert.equal(await reached, true);
  assert.deepEqual(shown(), ["m2", "m3", "m4", "m5"]);
});

test("who does not find it stops asking, and who was refused says so", async () => {
  chat.open("c1");
  script.answer("chat:conversation", page([m1, m2], null, "m2"));
  await until(() => shown().length === 2);
  const refused = to("m9");
  await until(() => script.of("chat:select").length === 1);
  script.answer("chat:select", new CallError(1404, "There is no such message.", false));
  await assert.rejects(refused, CallError);

  const elsewhere = to("m9");
  await until(() => script.of("chat:select").length === 2);
  // Somebody else chose another branch at the same time.
  script.answer("chat:select", { conversation: conversation("c1", { head: "m2", version: 2 }) });
  assert.equal(await elsewhere, false);
});

test("an empty page is not asked for again and again", async () => {
  chat.open("c1");
  const reached = to("m1");
  script.answer("chat:conversation", page([m5], "m5"));
  await until(() => script.of("chat:conversation").length === 2);
  script.answer("chat:conversation", page([], null));
  assert.equal(await reached, false);
  assert.equal(script.of("chat:conversation").length, 2);
});

test("nobody waits for what is not there, nor after they went elsewhere", async () => {
  chat.open("c1");
  const gone = to("m1");
  script.answer("chat:conversation", new CallError(1404, "There is no such conversation.", false));
  assert.equal(await gone, false);

  const waiting = reach(chat, "c2", "m1", end.signal);
  end.abort();
  assert.equal(await waiting, false);
});
