/** What a growing text shows of its last line, whose syntax may be half there. For display only: never for offsets. */

import type { Links, Token, Tokens } from "marked";
import remend from "remend";
import { lexInline } from "./lexer";

/** Everything that changes more than the end, or hides text, is off; math has rules of its own. */
const CLOSE = {
  comparisonOperators: false,
  htmlTags: false,
  inlineKatex: false,
  katex: false,
  setextHeadings: false,
  singleTilde: false,
  linkMode: "text-only",
} as const;

/** A line that has just begun, of which nobody can say yet what it will be. */
const UNDECIDED = /^[ \t]{0,3}(?:-{1,2}|={1,2}|[*+]|#{1,6}|`{1,3}|~{1,3}|\|)[ \t]*$/;

/** Return `source` without a last line that is undecided yet: a `-` would make the line before it a heading. */
export function decided(source: string): string {
  const start = source.lastIndexOf("\n") + 1;
  return UNDECIDED.test(source.slice(start)) ? source.slice(0, start) : source;
}

/** A token that shows something else than what was written. */
export interface Healed {
  healed?: boolean;
}

/** Close what is open at the end of the last line, in place. */
export function heal(tokens: readonly Token[], links: Links): void {
  const path: Token[] = [];
  let last = tokens.findLast((token) => token.type !== "space" && token.type !== "def");
  while (last) {
    path.push(last);
    const within = lastWithin(last);
    if (!within) break;
    last = within;
  }
  if (last && healLine(last as Tokens.Paragraph, links)) for (const token of path) (token as Healed).healed = true;
}

/** Return the token that holds the last line of `token`; `undefined` if it holds that itself, or has none. */
function lastWithin(token: Token): Token | undefined {
  switch (token.type) {
    case "list":
      return (token as Tokens.List).items.at(-1);
    case "list_item":
    case "blockquote":
      return (token as Tokens.ListItem).tokens.findLast(({ type }) => type !== "space" && type !== "def");
    case "table": {
      const { header, rows } = token as Tokens.Table;
      const row = rows.at(-1) ?? header;
      return (row.findLast(({ text }) => text !== "") ?? row.at(-1)) as unknown as Token | undefined;
    }
    default:
      return undefined;
  }
}

function healLine(token: Tokens.Paragraph, links: Links): boolean {
  if (!["paragraph", "heading", "text", undefined].includes(token.type) || !token.tokens) return false;
  const box = token.tokens[0]?.type === "checkbox" ? token.tokens[0] : undefined;
  const text = box ? token.text.slice(box.raw.length) : token.text;
  const healed = remend(text, CLOSE);
  if (healed === text || healed === text.slice(0, -1)) return false;
  token.tokens = [...(box ? [box] : []), ...lexInline(healed, links)];
  return true;
}
