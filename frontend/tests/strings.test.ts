/** What the page says stands in one file. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { closingWords } from "../src/ui/closings";
import { strings } from "../src/ui/strings";

const UI = new URL("../../src/ui/", import.meta.url);

/** The names of keys are the browser's words, not ours. */
const KEYS = /^(?:Escape|Enter|Tab|Home|End|Arrow(?:Up|Down)|Key[A-Z])$/;

/** Return what looks like words for people in a source: text between tags, labels, and strings that begin like a sentence. */
function wordsIn(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  return [
    // Between a tag's end and the next tag or value; code that looks so has brackets or signs in it.
    ...code.matchAll(/(?<!=)>([^<>{}()=;:|&?\\$]*\p{L}[^<>{}()=;:|&?\\$]*)(?=[<{])/gu),
    ...code.matchAll(/(?:\/>|\})([ ]*\p{L}[^<>{}()=;:|&?\\$]*)(?=<\/)/gu),
    ...code.matchAll(/\b(?:aria-(?:label|description|roledescription|valuetext|placeholder)|title|placeholder|alt|label)="([^"]*\p{L}[^"]*)"/gu),
    ...code.matchAll(/["`]([\p{Lu}“][\p{L}’]*\p{Ll}[\p{L}’]*(?:[ …,.][^"`]*)?)["`]/gu),
    ...code.matchAll(/"([^"]* [^"]*[.…?!])"/g),
  ].map((match) => (match[1] ?? "").trim()).filter((words) => !KEYS.test(words));
}

test("no file of the page but one holds words for people", () => {
  const files = readdirSync(UI).filter((file) => file !== "strings.ts");
  assert.ok(files.length > 10);
  for (const file of files) {
    assert.deepEqual(wordsIn(readFileSync(new URL(file, UI), "utf8")), [], file);
  }
});

test("every way in which a connection ends for good has words of its own, that say what to do", () => {
  const errors = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const refused = /## A connection is refused\n([^]*?)\n## /.exec(errors)?.[1] ?? "";
  const told = [...refused.matchAll(/^\| (\d+) \| `([^`]+)`/gm)].map(([, code, reason]) => [Number(code), reason ?? ""] as const);
  assert.ok(told.length > 8);
  for (const [code, reason] of told) {
    for (const guest of [true, false]) {
      const words = closingWords(code, reason, guest);
      assert.notEqual(words, strings.closed.other(reason), `${code}`);
      assert.match(words, /\. (?:Begin|Log in|Clear|Close|Make|Reload|Connect)\b.*\.$/, `${code}`);
    }
  }
  assert.match(closingWords(4999, "of tomorrow", true), /\(of tomorrow\)\. Connect again/);
  assert.doesNotMatch(closingWords(4999, "", true), /\(/);
});

test("words are found wherever they hide", () => {
  const samples: [source: string, words: string][] = [
    ['<p class="a">Not here</p>', "Not here"],
    ["<p>\n  without {count}</p>", "without"],
    ["<p>{count} messages too long</p>", "messages too long"],
    ['<Icon name="plus" /> new one</button>', "new one"],
    ['<IconButton label="Rename" press={go} />', "Rename"],
    ['<nav aria-label="conversations">', "conversations"],
    ['{busy ? "Sending…" : null}', "Sending…"],
    ["say(`Deleted ${title}.`)", "Deleted ${title}."],
    ['return "it failed, sadly.";', "it failed, sadly."],
  ];
  for (const [source, words] of samples) assert.deepEqual([...new Set(wordsIn(source))], [words], source);
  assert.deepEqual(wordsIn('if (event.key === "Escape") useState<string | null>(null); const seen = useRef<HTMLDivElement>(null);'), []);
});
