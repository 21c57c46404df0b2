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
