/** Marks in what was found, files of conversations, and their names. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { asJson, asMarkdown, fileName } from "../src/ui/export";
import { marked } from "../src/ui/hits";
import { conversation, reply, status, userMessage } from "./examples";

/** Return a text with what is marked in brackets. */
const shown = (text: string, query: string): string =>
  marked(text, query).map(({ text: piece, hit }) => (hit ? `[${piece}]` : piece)).join("");

test("every word of a query is marked, whatever its case and accents", () => {
  assert.equal(shown("A recipe for Bread, bread!", "bread"), "A recipe for [Bread], [bread]!");
  assert.equal(shown("Café crème", "CREME cafe"), "[Café] [crème]");
  assert.equal(shown("Cafe\u0301 noir", "café"), "[Cafe\u0301] noir");
  assert.equal(shown("مرحبا يا صديقي", "صديقي"), "مرحبا يا [صديقي]");
  assert.equal(shown("😀 tides 😀", "tides"), "😀 [tides] 😀");
});

test("words are whole, but for the last, which may go on", () => {
  assert.equal(shown("A cat and a category, concatenated", "a cat"), "[A] [cat] and [a] [cat]egory, concatenated");
  assert.equal(shown("I said so", "said s"), "I [said] [s]o");
  assert.equal(shown("日本語の本", "本"), "日[本]語の[本]");
  assert.equal(shown("Ⅳ ﬁsh", "fish"), "Ⅳ [ﬁsh]");
});

test("nothing is marked where there is nothing, and signs are no patterns", () => {
  assert.equal(shown("a.b (c) *", ". * ("), "a.b (c) *");
  assert.equal(shown("Text", ""), "Text");
  assert.deepEqual(marked("", "x"), []);
  assert.equal(shown("aaa", "aa"), "[aa]a");
});

const prompt = userMessage("u1", "c1");
const answer = { ...reply("a1", prompt, status("r1", 2, { status: "completed" }), "# Its own *Markdown*"), model: "m1" };
const cut = { ...reply("a2", prompt, status("r2", 2, { status: "cancelled" }), "As far"), parts: [
  { id: "0", type: "reasoning", text: "Hm." }, { id: "1", type: "text", text: "As far" },
] };

test("Markdown says who said what, exactly as it was written, and how it ended", () => {
  const text = asMarkdown(conversation("c1", { title: "On\ntides" }), [prompt, answer, cut]);
  assert.equal(text, [
    "# On tides", "## You", "text of u1", "## Answer (m1)", "# Its own *Markdown*", "## Answer",
    "<details><summary>Thoughts</summary>\n\nHm.\n\n</details>", "As far", "*Stopped.*\n",
  ].join("\n\n"));
});

test("JSON holds the conversation and its messages", () => {
  const parsed = JSON.parse(asJson(conversation("c1"), [prompt, answer])) as Record<string, unknown>;
  assert.deepEqual(parsed, {
    format: "onesocket-conversation", version: 1, conversation: conversation("c1"), messages: [prompt, answer],
  });
});

test("a title becomes a name that every file system takes", () => {
  const name = (title: string): string => fileName(title, "conversation", "md");
  assert.equal(name("How do tides work?"), "How do tides work.md");
  assert.equal(name("../../etc/passwd"), "etc passwd.md");
  assert.equal(name('a/b\\c:d*e"f<g>h|i\u0000j\u202Ek'), "a b c d e f g h i j k.md");
  assert.equal(name(" … "), "….md");
  assert.equal(name("..."), "conversation.md");
  assert.equal(name(""), "conversation.md");
  assert.equal(name("😀".repeat(200)), `${"😀".repeat(60)}.md`);
});
