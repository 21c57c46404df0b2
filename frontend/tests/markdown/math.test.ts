/** What is math, and what is money. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, rendered } from "./documents";

function formulas(text: string): (string | null)[] {
  return Array.from(rendered(text).querySelectorAll(".md-math"), (formula) => formula.textContent);
}

test("four ways to write a formula", () => {
  assert.deepEqual(formulas("Let $x^2$ be, and \\(y_1\\)."), ["$x^2$", "\\(y_1\\)"]);
  assert.deepEqual(formulas("$$\na\n$$\n\n\\[\nb\n\\]"), ["$$\na\n$$", "\\[\nb\n\\]"]);
  assert.deepEqual(formulas("Then $$a$$ follows."), ["$$a$$"]);
  assert.deepEqual(formulas("So\n$$\n- a\n= b\n$$\nand"), ["$$\n- a\n= b\n$$"]);
  assert.deepEqual(formulas("- item\n  $$\n  a\n  $$"), ["$$\na\n$$"]);
  assert.deepEqual(formulas("$\\text{if } x > 0$ and $\\$5$"), ["$\\text{if } x > 0$", "$\\$5$"]);
});

test("money is no math", () => {
  for (const text of ["$5 and $10", "from $5-$10", "US$5 or A$6$", "$ 5 $", "It costs $5.", "$20,000 and$30", "a $x and\n\n$y", "$$", "$$$$"]) {
    assert.deepEqual(formulas(text), [], text);
  }
});

test("code and escapes are no math", () => {
  assert.deepEqual(formulas("`$x$` and \\$x\\$ and ``\\(y\\)``"), []);
  assert.deepEqual(formulas("```\n$$\nx\n$$\n```"), []);
});

test("emphasis does not begin in one formula and end in another", () => {
  const host = rendered("$a*b$ and $c*d$, *but $e*f$ here*");
  assert.equal(host.querySelectorAll(".md-math").length, 3);
  assert.equal(host.querySelector("em")?.textContent, "but $e*f$ here");
});

test("a formula that is not complete is shown as it is written, and not drawn", () => {
  const drawn: string[] = [];
  const { host, view } = open({
    math: async () => (tex, _display, document) => {
      drawn.push(tex);
      return document.createTextNode(`<${tex}>`);
    },
  });
  view.append("$$\n\\frac{a");
  assert.equal(host.querySelector(".md-math")?.textContent, "$$\n\\frac{a");
  view.append("}{b}\n$$\n\nEnd");
  view.finish();
  return new Promise((resolve) => setTimeout(resolve, 1)).then(() => {
    assert.deepEqual(drawn, ["\\frac{a}{b}"]);
    assert.equal(host.querySelector(".md-math")?.textContent, "<\\frac{a}{b}>");
  });
});
