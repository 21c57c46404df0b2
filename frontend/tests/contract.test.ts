/** The examples and vectors that the Python side is tested with, too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as protocol from "../src/core/protocol";
import { applyEvent, applySnapshot, Run } from "../src/core/reducer";
import type { Verdict } from "../src/core/reducer";

interface Step { readonly event?: unknown; readonly snapshot?: unknown; readonly verdict: Verdict }
interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly expect: Readonly<Record<string, unknown>>;
}
interface Examples { readonly events: Named; readonly objects: Named; readonly replies: Named }
type Named = Readonly<Record<string, unknown>>;

// The tests run from build/tests.
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../tests/contract/${name}`, import.meta.url), "utf8"));

const { cases } = read("reducer.json") as { cases: Case[] };
const { events, objects, replies } = read("events.json") as Examples;

test("there are vectors and examples", () => {
  assert.ok(cases.length > 0);
  assert.ok(Object.keys(events).length > 0);
});

for (const { name, steps, expect } of cases) {
  test(`vector: ${name}`, () => {
    const run = new Run();
    steps.forEach(({ event, snapshot, verdict }, index) => {
      const given = event
        ? applyEvent(run, protocol.parseRunEvent(event))
        : applySnapshot(run, protocol.parseRunState(snapshot));
      assert.equal(given, verdict, `step ${index}`);
    });
    assert.deepEqual(shown(run), expect);
  });
}

function shown(run: Run): object {
  const parts = [...run.parts].map(([id, { type, text }]) => ({ id, type, text }));
  return { attempt: run.attempt, seq: run.seq, status: run.status, ...run.outcome, parts, ended: run.ended };
}

const PARSERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  conversation: protocol.parseConversation,
  deleted_conversation: protocol.parseConversation,
  user_message: protocol.parseMessage,
  assistant_message: protocol.parseMessage,
  ended_message: protocol.parseMessage,
  running_state: protocol.parseRunState,
  ended_state: protocol.parseRunState,
  run_status: protocol.parseRunStatus,
};

for (const [name, example] of Object.entries(objects)) {
  test(`object: ${name}`, () => {
    const parse = PARSERS[name];
    assert.ok(parse, "an object that this test does not know");
    assert.deepEqual(parse(example), example);
  });
}

for (const [name, example] of Object.entries(events)) {
  test(`event: ${name}`, () => {
    const event = protocol.parseEvent(example);
    if (name === "unknown type") return assert.equal(event, null);
    assert.ok(event);
    if (event.type !== "run") return assert.deepEqual(event, example);
    const known = /^(text|reasoning)-(start|delta)$|^run-|^message-metadata$/;
    const { chunks } = example as { chunks: { type: string }[] };
    const told = chunks.filter(({ type }) => known.test(type)).map((chunk) =>
      "messageMetadata" in chunk ? { type: chunk.type, metadata: { reasoningMs: 1250 } } : chunk);
    return assert.deepEqual(event.chunks, told);
  });
}

const REPLIES: Readonly<Record<string, (value: unknown) => unknown>> = {
  connect: protocol.parseWelcome,
  "chat:sync": protocol.parseSync,
  "chat:send": protocol.parseSent,
  "chat:regenerate": protocol.parseSent,
  "chat:continue": protocol.parseSent,
  "chat:stop": protocol.parseStopped,
  "chat:stop unknown": protocol.parseStopped,
  "chat:run": protocol.parseRunState,
  "chat:conversations": protocol.parseConversationsPage,
  "chat:conversations with a query": (value) => {
    const { matches, ...page } = protocol.parseFound(value);
    return { ...page, matches: Object.fromEntries(matches) };
  },
  "chat:conversation": protocol.parseConversationPage,
  "chat:rename": protocol.parseChanged,
  "chat:delete": protocol.parseChanged,
  "chat:restore": protocol.parseChanged,
  "chat:select": protocol.parseChanged,
};

for (const [name, example] of Object.entries(replies)) {
  test(`reply: ${name}`, () => {
    const parse = REPLIES[name];
    assert.ok(parse, "a reply that this test does not know");
    const { v: _, server: __, duplicate: ___, ...kept } = example as Record<string, unknown>;
    const only = name.startsWith("chat:stop") ? kept["run"] : (kept["conversation"] as unknown);
    const whole = !name.startsWith("chat:stop") && parse !== protocol.parseChanged;
    assert.deepEqual(parse(example), whole ? kept : only);
  });
}

test("what is malformed is no event, and no reply", () => {
  for (const wrong of [null, 1, "run", [], {}, { type: "run" }, { type: "message", message: {} }]) {
    assert.equal(protocol.parseEvent(wrong), null);
    assert.throws(() => protocol.parseSync(wrong), protocol.MalformedError);
  }
});
