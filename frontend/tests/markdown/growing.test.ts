/** What is shown while a text grows: nothing half, nothing lost, and nothing made anew that is there already. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, whole } from "./documents";

/** Return what is shown after each piece. */
function steps(...pieces: string[]): string[] {
  const { host, view } = open();
  return pieces.map((piece) => {
    view.append(piece);
    return host.innerHTML.replaceAll(' dir="auto"', "");
  });
}

test("what is half there is shown as what it will be", () => {
  assert.deepEqual(steps("Some **bo", "ld** text"), ["<p>Some <strong>bo</strong></p>", "<p>Some <strong>bold</strong> text</p>"]);
  assert.deepEqual(steps("Run `ls", " -l`"), ["<p>Run <code>ls</code></p>", "<p>Run <code>ls -l</code></p>"]);
  assert.match(steps("See [the page](https://exam")[0] ?? "", /<p>See the page<\/p>/);
});

test("what nobody can know yet is not shown", () => {
  assert.deepEqual(steps("Title\n", "-", "-", "-\n"), ["<p>Title</p>", "<p>Title</p>", "<p>Title</p>", "<h2>Title</h2>"]);
  assert.deepEqual(steps("#", "# T"), ["", "<h2>T</h2>"]);
});

test("a definition that is half there does not stay", () => {
  const last = steps("[r]\n\n", "[r]: ht", "tps://example.org\n\n", "[r]").at(-1) ?? "";
  assert.match(last, /href="https:\/\/example\.org"[^>]*>r<\/a><\/p>$/);
  assert.doesNotMatch(last, /href="ht"/);
});

test("an open fence shows lines as they come, and not what may close it", () => {
  const { host, view } = open();
  const code = (): string => host.querySelector("code")?.textContent ?? "";
  const shown = ["```js\n", "let a", " = `x`;\n", "``", "`"].map((piece) => {
    view.append(piece);
    return code();
  });
  assert.deepEqual(shown, ["", "let a", "let a = `x`;", "let a = `x`;", "let a = `x`;"]);
  view.append("\nAfter");
  assert.equal(code(), "let a = `x`;");
  assert.equal(host.lastElementChild?.textContent, "After");
});

test("code stands in chunks of forty lines", () => {
  const { host, view } = open();
  view.append("```\n");
  for (let line = 0; line < 100; line++) view.append(`line ${line}\n`);
  view.append("```\n\nEnd");
  const chunks = Array.from(host.querySelectorAll(".md-chunk"), (chunk) => (chunk.textContent ?? "").trimEnd().split("\n").length);
  assert.deepEqual(chunks, [40, 40, 20]);
});

test("what is there is not made anew", () => {
  const { host, view } = open();
  view.append("One, **two**, thr");
  const [text, strong] = [host.querySelector("p")?.firstChild, host.querySelector("strong")?.firstChild];
  const before = (host.querySelector("p")?.lastChild ?? null) as Text;
  view.append("ee, `fo");
  view.append("ur`\nfive\n\n- a");
  view.append("\n- b\n\n- c\n\nEnd");
  view.finish();
  assert.equal(host.querySelector("p")?.firstChild, text);
  assert.equal(host.querySelector("strong")?.firstChild, strong);
  assert.equal(host.querySelector("p")?.childNodes[2], before);
  assert.equal(before.data, ", three, ");
});

test("a late definition replaces the blocks that it changes, and no others", () => {
  const { host, view } = open();
  view.append("First.\n\nSee [r].\n\nThird.\n\n");
  view.append("Fourth.\n\n");
  const before = Array.from(host.children);
  view.append("[r]: https://example.org\n");
  view.finish();
  const after = Array.from(host.children);
  assert.deepEqual(after.map((block, index) => block === before[index]), [true, false, true, true]);
  assert.equal(after[1]?.querySelector("a")?.getAttribute("href"), "https://example.org");
});

test("a list that grows keeps its items, also when it turns loose", () => {
  const { host, view } = open();
  for (let item = 1; item <= 50; item++) view.append(`${item}. item **${item}**\n`);
  const first = host.querySelector("li");
  assert.equal(host.querySelectorAll("ol > li").length, 50);
  assert.equal(host.querySelectorAll("li > p").length, 0);
  view.append("\n51. loose");
  view.append(" now\n");
  assert.equal(host.querySelector("li"), first);
  assert.equal(host.querySelectorAll("ol > li > p").length, 51);
  view.append("52. more\n\nEnd");
  assert.equal(host.querySelectorAll("ol > li > p").length, 52);
  assert.equal(host.lastElementChild?.localName, "p");
});

test("text that comes after the end, and a new beginning", () => {
  const { host, view } = open();
  view.append("One");
  view.finish();
  view.append(" *two*");
  assert.equal(host.textContent, "One two");
  assert.equal(view.length, 9);
  view.reset();
  assert.equal(host.childNodes.length, 0);
  view.append("New");
  view.finish();
  assert.equal(whole(host), '<div><p dir="auto">New</p></div>');
});

test("where a block takes long, what comes is shown later, but is shown", async () => {
  const { host, view } = open({ workAtOnce: 0 });
  view.append("[a]: slow ");
  view.append("and more");
  assert.equal(view.text, "[a]: slow and more");
  for (let tries = 0; host.textContent !== "[a]: slow and more" && tries < 500; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.equal(host.textContent, "[a]: slow and more");
});
