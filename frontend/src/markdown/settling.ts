/** Which blocks of a growing text are settled: no text that follows can change them. */

import type { Token } from "marked";
import { isVisible } from "./blocks";

/** A fence that is closed: its last line is one, of the same character and not shorter. */
const CLOSED_FENCE = /^ {0,3}(`{3,}(?!`)|~{3,}(?!~))[^\n]*\n(?:[\s\S]*\n)? {0,3}\1[`~]* *\n*$/;

/**
 * Return how many tokens of `complete`, whole lines, are settled, and how long they are.
 *
 * That is never the last that shows something, since a block may go on after a blank line, unless it is a closed
 * fence. Lengths count only where the tokens are cut out of the text: the lexer changes some.
 */
export function settledEnd(tokens: readonly Token[], complete: string): { count: number; length: number } {
  let last = tokens.findLastIndex(isVisible);
  // A formula without an end may turn out to be words, which belong to the paragraph before them.
  if (last >= 0 && "open" in (tokens[last] as Token)) last = tokens.findLastIndex((token, index) => index < last && isVisible(token));
  const count = last >= 0 && isClosedFence(tokens[last] as Token) ? last + 1 : last;
  let length = 0;
  for (const { raw } of tokens.slice(0, Math.max(0, count))) {
    if (!complete.startsWith(raw, length)) return { count: 0, length: 0 };
    length += raw.length;
  }
  return count > 0 ? { count, length } : { count: 0, length: 0 };
}

function isClosedFence(token: Token): boolean {
  return token.type === "code" && !("codeBlockStyle" in token) && CLOSED_FENCE.test(token.raw);
}
