/** Whatever pieces a text comes in, the same is shown in the end; and what was shown stays while it grows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { tests as commonmark } from "commonmark-spec";
import { open, rendered, whole } from "./documents";
import { below, randomCuts, randomOf, randomText } from "./random";

const SEED = Number(process.env["SEED"] ?? 20261125);
const TEXTS = Number(process.env["TEXTS"] ?? 1500);

function streamed(pieces: readonly string[]): HTMLElement {
  const { host, view } = open();
  for (const piece of pieces) view.append(piece);
  view.finish();
  assert.equal(view.text, pieces.join(""));
  return host;
}

test(`random texts look the same however they are cut (SEED=${SEED} TEXTS=${TEXTS})`, () => {
  for (let number = 0; number < TEXTS; number++) {
    const random = randomOf(SEED + number);
    const text = randomText(random, 2 + below(random, 60));
    const pieces = randomCuts(random, text);
    const [shown, expected] = [whole(streamed(pieces)), whole(rendered(text))];
    assert.equal(shown, expected, `SEED=${SEED + number} TEXTS=1: ${JSON.stringify(pieces)}`);
  }
});

test("the examples of CommonMark look the same character by character", () => {
  for (const { markdown } of commonmark) {
    assert.equal(whole(streamed([...markdown])), whole(rendered(markdown)), markdown);
  }
});

test("what was shown before the end stays, but where a definition came late", () => {
  let blocks = 0;
  const replaced: string[] = [];
  for (let number = 0; number < TEXTS; number++) {
    const random = randomOf(SEED + number);
    const text = randomText(random, 2 + below(random, 60)).replaceAll("]:", "] :");
    const { host, view } = open();
    for (const piece of randomCuts(random, text)) view.append(piece);
    // What is shown of the last block may be half, and a formula without an end belong to the paragraph before it.
    const before = Array.from(host.children).slice(0, -2);
    view.finish();
    blocks += before.length;
    const gone = before.filter((block) => block.parentNode !== host).length;
    if (gone > 0) replaced.push(`${gone} of SEED=${SEED + number}: ${JSON.stringify(text)}`);
  }
  assert.ok(blocks > TEXTS);
  assert.deepEqual(replaced, []);
});
