/** Random texts, which follow from a seed. */

/** Returns a number from 0 to 1, as `Math.random` does. */
export type Random = () => number;

/** Return what always gives the same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T;
}

const WORDS = ["word", "another", "two words", "a", "1", "2024", "é", "世界", "🙂", "שלום", "x_y_z", "C:\\dir", "e.g.", "don't"];
const MARKS = [
  "*", "**", "***", "_", "__", "~", "~~", "`", "``", "[", "]", "](", ")", "](/x)", "![", "[r]", "[r]: /y", "[r]: ht", "<", ">",
  "<b>", "</b>", "<br>", "<!--", "-->", "&amp;", "&#35;", "&copy;", "\\", "\\*", "$", "$$", "$x$", "\\(", "\\)", "\\[", "\\]",
  "https://example.org/a?b=c", "www.example.org", "a@example.org", "<https://example.org>", "|", "#", "-", "+", "=", "!", "\t",
];
const LINES = [
  "\n", "\n\n", "\n\n\n", "\r\n", "\r", "\n- ", "\n* ", "\n+ ", "\n1. ", "\n2) ", "\n  - ", "\n    ", "\n> ", "\n> > ", "\n>", "\n# ", "\n### ",
  "\n```\n", "\n```js\n", "\n~~~\n", "\n````\n", "  ```\n", "\n---\n", "\n***\n", "\n===\n", "\n--\n", "\n| a | b |\n|---|:-:|\n", "\n| c | d |\n",
  "\n- [ ] ", "\n- [x] ", "\n<div>\n", "\n</div>\n", "\n$$\n", "\n\\[\n", "\n\\]\n", "  \n", "\\\n", "\n[r]: https://example.org 'title'\n", "\n[r]:\n",
  "\n   code\n", "\n\tcode\n", "\n- a\n\n  b\n",
];

/** Return a text of about so many pieces. */
export function randomText(random: Random, pieces: number): string {
  let text = "";
  for (let count = 0; count < pieces; count++) {
    const choice = random();
    text += choice < 0.45 ? `${oneOf(random, WORDS)}${random() < 0.7 ? " " : ""}` : oneOf(random, choice < 0.72 ? MARKS : LINES);
  }
  return text;
}

/** Cut a text into pieces, some of them in the middle of a character. */
export function randomCuts(random: Random, text: string): string[] {
  const longest = oneOf(random, [1, 3, 8, 30, 200]);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + 1 + below(random, longest);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}
