/** Searching, and taking deletions back. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Chat } from "../src/core/chat";
import { CallError } from "../src/core/failure";
import { branch } from "../src/core/tree";
import { conversation, MemoryKeeper, userMessage } from "./examples";
import { Script } from "./script";
import { until } from "./server";

let script: Script;
let chat: Chat;
const state = () => chat.store.view.state;

beforeEach(() => {
  script = new Script();
  chat = new Chat(new MemoryKeeper(), () => script);
});

test("a search tells where it found what, and changes nothing that is listed", async () => {
  script.answers["chat:conversations"] = [
    { conversations: [conversation("c1"), conversation("c2")], next: "more", matches: { c1: { message: "a1", snippet: "a hit" } } },
    { conversations: [], next: null },
  ];
  const found = await chat.search("hit");
  assert.deepEqual(found.conversations.map(({ id }) => id), ["c1", "c2"]);
  assert.deepEqual([...found.matches], [["c1", { message: "a1", snippet: "a hit" }]]);
  assert.equal((await chat.search("hit", "more")).matches.size, 0);
  assert.deepEqual(script.of("chat:conversations"), [{ query: "hit" }, { query: "hit", cursor: "more" }]);
  assert.equal(state().conversations.size, 0);
  assert.equal(state().next, undefined);
});

test("a deletion that is taken back brings the conversation and its messages back", async () => {
  chat.event({ type: "conversation", conversation: conversation("c1", { version: 2, deleted: true }) });
  chat.open("c1");
  script.answer("chat:conversation", new CallError(1404, "There is no such conversation.", false));
  await until(() => state().threads.get("c1")?.missing === true);
  script.answers["chat:restore"] = [{ conversation: conversation("c1", { version: 3 }) }];
  await chat.restore("c1");
  assert.equal(state().conversations.get("c1")?.deleted, undefined);
  script.answer("chat:conversation", { conversation: conversation("c1", { version: 3 }), messages: [userMessage("u1", "c1")], next: null });
  await until(() => branch(state(), "c1").length === 1);
  assert.equal(state().threads.get("c1")?.missing, false);
});
