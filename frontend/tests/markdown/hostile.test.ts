/** Texts that mean ill: nothing of them becomes more than text and the links that may be there, and none keeps us busy. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { open, rendered, whole } from "./documents";
import endless from "./endless.json";

interface Hostile {
  readonly name: string;
  readonly text: string;
  /** Addresses of the links that may be there, and have to be. */
  readonly links: readonly string[];
}

/** Read, not imported: there are halves of characters in it. */
const hostile = JSON.parse(readFileSync(new URL("../../tests/markdown/hostile.json", import.meta.url), "utf8")) as Hostile[];

const ELEMENTS = new Set(
  `a blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr input li ol p pre span strong table tbody td th thead tr ul`.split(" "),
);
const ATTRIBUTES = new Set(
  `aria-label checked class data-align dir disabled href rel role scope start target title type`.split(" "),
);

test("there are enough texts that mean ill", () => {
  assert.ok(hostile.length >= 60);
  assert.equal(new Set(hostile.map(({ text }) => text)).size, hostile.length);
});

for (const { name, text, links } of hostile) {
  test(`hostile: ${name}`, () => {
    const host = rendered(text);
    for (const element of host.querySelectorAll("*")) {
      assert.ok(ELEMENTS.has(element.localName), element.localName);
      for (const attribute of Array.from(element.attributes)) assert.ok(ATTRIBUTES.has(attribute.name), attribute.name);
    }
    const shown = Array.from(host.querySelectorAll("[href]"), (link) => link.getAttribute("href"));
    assert.deepEqual(shown, links);
    for (const link of host.querySelectorAll('a:not([href^="#"])')) {
      assert.equal(link.getAttribute("rel"), "noopener noreferrer nofollow");
      assert.equal(link.getAttribute("target"), "_blank");
    }
    const { host: streamed, view } = open();
    const step = Math.max(1, Math.ceil(text.length / 400));
    for (let at = 0; at < text.length; at += step) view.append(text.slice(at, at + step));
    view.finish();
    assert.equal(whole(streamed), whole(host));
  });
}

/** Return the milliseconds that this process works on a text of so many characters: others on the machine don't count. */
function work({ before, unit, after }: (typeof endless)[number], length: number): number {
  const text = before + unit.repeat(Math.ceil(length / unit.length)) + after;
  const times = [1, 2].map(() => {
    const start = process.cpuUsage();
    rendered(text);
    return process.cpuUsage(start).user / 1000;
  });
  return Math.min(...times);
}

for (const each of endless) {
  test(`four times the text is no more than about four times the work: ${each.name}`, () => {
    const [once, fourTimes] = [work(each, 4_000), work(each, 16_000)];
    // Below that it is the collector of garbage that is measured.
    if (fourTimes < 100) return;
    assert.ok(fourTimes < 10 * once, `${once} ms, then ${fourTimes} ms`);
  });
}
