/** Whatever the mixture of publications and snapshots: the text is the same. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, hexadecimal } from "../src/core/crc32";
import type { RunEvent, RunState } from "../src/core/protocol";
import { applyEvent, applySnapshot, ASIDE_LIMIT, HeldPart, Run } from "../src/core/reducer";

/** A generator of numbers in [0, 1) that a failing test can name (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ADDRESS = { type: "run", conversation: "c", message: "m", run: "r" } as const;

function publications(texts: readonly string[], attempt = 1): RunEvent[] {
  const text = texts.join("");
  const parts = [{ id: "1", length: text.length, crc32: hexadecimal(crc32(text)) }];
  const end: RunEvent = {
    ...ADDRESS, attempt, seq: texts.length + 1,
    chunks: [{ type: "run-end", status: "completed", finish_reason: "stop", parts }],
  };
  const deltas = texts.map((delta, index): RunEvent => (
    { ...ADDRESS, attempt, seq: index + 1, chunks: [{ type: "text-delta", id: "1", delta }] }
  ));
  return [...deltas, end];
}

function snapshotAt(texts: readonly string[], seq: number): RunState {
  const ended = seq > texts.length;
  const run = { id: "r", attempt: 1, seq, status: ended ? "completed" : "running" } as const;
  const text = texts.slice(0, seq).join("");
  return { conversation: "c", message: "m", run, parts: [{ id: "1", type: "text", text }] };
}

test("any mixture of joins, losses, repetitions and snapshots ends in the same text", () => {
  for (let seed = 0; seed < 1000; seed++) {
    const random = randomFrom(seed);
    const texts = Array.from({ length: 1 + Math.floor(random() * 30) }, () => "aß日😀\n".repeat(Math.ceil(random() * 2)));
    const all = publications(texts);
    const run = new Run();
    let sent = 0;
    const ask = (): void => {
      // The server is never behind what it published when it was asked, and may be ahead of what arrived.
      const verdict = applySnapshot(run, snapshotAt(texts, Math.min(sent + Math.floor(random() * 3), all.length)));
      assert.notEqual(verdict, "mismatch", `seed ${seed}`);
    };
    for (const event of all) {
      sent = event.seq;
      if (random() < 0.15) continue;
      const again = random() < 0.2 ? all.slice(Math.max(0, event.seq - 3), event.seq) : [];
      for (const arriving of [event, ...again]) {
        const verdict = applyEvent(run, arriving);
        assert.notEqual(verdict, "mismatch", `seed ${seed}`);
        if (verdict === "gap" && random() < 0.5) ask();
      }
    }
    sent = all.length;
    ask();
    assert.ok(run.ended, `seed ${seed}`);
    assert.equal(run.parts.get("1")?.text, texts.join(""), `seed ${seed}`);
  }
});

test("no more is kept aside than the limit", () => {
  const run = new Run();
  for (const event of publications(Array<string>(ASIDE_LIMIT + 50).fill("x")).slice(1)) applyEvent(run, event);
  assert.equal(run.aside.length, ASIDE_LIMIT);
});

test("a part tells what came since, wherever that is", () => {
  const part = new HeldPart("text");
  for (const text of ["Hel", "lo", ", ", "", "world"]) part.append(text);
  for (let start = 0; start <= part.length; start++) {
    assert.equal(part.since(start), "Hello, world".slice(start));
    if (start === 6) assert.equal(part.text, "Hello, world");
  }
});

test("a long answer costs no more per delta than a short one", () => {
  const event = (seq: number): RunEvent => (
    { ...ADDRESS, attempt: 1, seq, chunks: [{ type: "text-delta", id: "1", delta: "token " }] }
  );
  const time = (run: Run, from: number, count: number): number => {
    const begin = process.hrtime.bigint();
    for (let seq = from; seq < from + count; seq++) {
      applyEvent(run, event(seq));
      run.parts.get("1")?.since((seq - 1) * 6);
    }
    return Number(process.hrtime.bigint() - begin);
  };
  const run = new Run();
  time(run, 1, 20_000);
  const early = Math.min(...[0, 1, 2].map((index) => time(run, 20_001 + index * 10_000, 10_000)));
  time(run, 50_001, 450_000);
  const late = Math.min(...[0, 1, 2].map((index) => time(run, 500_001 + index * 10_000, 10_000)));
  // Ten times as long: work in proportion to the answer would cost ten times as much.
  assert.ok(late < early * 4, `${late} ns against ${early} ns`);
});
