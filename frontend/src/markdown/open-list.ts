/**
 * A list that is still growing: its items but for the last are not taken apart again.
 *
 * They are when it turns loose (blank lines between items make paragraphs of all of them), and once more when something
 * else begins, so that what is settled is the list as a whole.
 */

import type { Links, Token, Tokens } from "marked";
import { isVisible } from "./blocks";
import { lex } from "./lexer";

const BULLET = /^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t\n]/;

/** The items at the beginning of a text that stay as they are shown. */
export interface Frozen {
  readonly count: number;
  /** How long they are, in UTF-16 code units. */
  readonly length: number;
  readonly loose: boolean;
}

export const NOTHING_FROZEN: Frozen = { count: 0, length: 0, loose: false };

/** Return the list that `tokens` consist of; `undefined` if there is anything else. */
export function onlyList(tokens: readonly Token[]): Tokens.List | undefined {
  const visible = tokens.filter(isVisible);
  return visible.length === 1 && tokens[0]?.type === "list" ? (tokens[0] as Tokens.List) : undefined;
}

/**
 * Return what of the list that `source`, all of whose lines are complete, consists of can be frozen.
 *
 * `frozen` is what is already. `null`: it is no list, or no list only any more, or its frozen items look otherwise now.
 */
export function frozenIn(source: string, frozen: Frozen, links: Links): Frozen | null {
  if (!BULLET.test(source)) return null;
  const list = onlyList(lex(source.slice(frozen.length), links).tokens);
  if (!list || (list.loose && !frozen.loose && frozen.count > 0)) return null;
  let { length } = frozen;
  const items = list.items.slice(0, -1);
  for (const { raw } of items) {
    if (!source.startsWith(raw, length)) return frozen;
    length += raw.length;
  }
  return { count: frozen.count + items.length, length, loose: frozen.loose || list.loose };
}

/** Make a list loose, as the lexer does when it sees why. */
export function loosen(list: Tokens.List): void {
  list.loose = true;
  for (const item of list.items) {
    item.loose = true;
    const box = item.tokens[0]?.type === "checkbox" ? item.tokens.shift() : undefined;
    for (const token of item.tokens) if (token.type === "text") token.type = "paragraph";
    const [first] = item.tokens;
    if (box && first?.type === "paragraph") first.tokens?.unshift(box);
    else if (box) item.tokens.unshift(box);
  }
}
