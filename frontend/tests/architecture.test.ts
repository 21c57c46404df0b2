/** Imports point one way, and the core stands alone. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const SOURCES = new URL("../../src/", import.meta.url);

function imports(folder: string): [file: string, imported: string][] {
  return readdirSync(new URL(folder, SOURCES)).flatMap((file) => {
    const source = readFileSync(new URL(`${folder}${file}`, SOURCES), "utf8");
    return [...source.matchAll(/^(?:import|export)\b[^;"]*?from "([^"]+)"/gm)].map((match): [string, string] => [file, match[1] ?? ""]);
  });
}

test("the core imports itself only, and `centrifuge` in one place", () => {
  const foreign = imports("core/").filter(([, imported]) => !/^\.\/[a-z0-9-]+$/.test(imported));
  assert.ok(foreign.length > 0);
  for (const [file, imported] of foreign) {
    assert.deepEqual([file, imported], ["connection.ts", "centrifuge"]);
  }
});

test("the page knows the core by its front door", () => {
  const inner = imports("ui/").filter(([, imported]) => imported.includes("core"));
  assert.ok(inner.length > 0);
  for (const [file, imported] of inner) assert.equal(imported, "../core", file);
});

test("the renderer of markdown imports itself and its libraries only, and the page knows it by its front door", () => {
  const foreign = imports("markdown/").filter(([, imported]) => !/^\.\/[a-z0-9-]+$/.test(imported));
  const libraries = new Set(foreign.map(([, imported]) => imported.replace(/^highlight\.js\/.*/, "highlight.js")));
  assert.deepEqual([...libraries].sort(), ["character-entities-html4", "highlight.js", "marked", "remend", "temml"]);
  const inner = imports("ui/").filter(([, imported]) => imported.includes("/markdown"));
  assert.ok(inner.length > 0);
  for (const [file, imported] of inner) assert.equal(imported, "../markdown", file);
});

test("no file is longer than 300 lines", () => {
  for (const folder of ["core/", "markdown/", "ui/"]) {
    for (const file of readdirSync(new URL(folder, SOURCES))) {
      const lines = readFileSync(new URL(`${folder}${file}`, SOURCES), "utf8").split("\n").length;
      assert.ok(lines <= 300, `${file} has ${lines} lines`);
    }
  }
});

test("nothing becomes HTML or a style attribute", () => {
  for (const folder of ["markdown/", "ui/"]) {
    for (const file of readdirSync(new URL(folder, SOURCES))) {
      const source = readFileSync(new URL(`${folder}${file}`, SOURCES), "utf8");
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|DOMParser|\bstyle=|setAttribute\("style|eval\(/, file);
    }
  }
});
