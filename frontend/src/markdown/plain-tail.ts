/** Words at the end of a paragraph, which need not be taken apart. */

import type { Shown } from "./patch";

/** Whatever may mean something else than itself; a link without brackets needs a colon, an at sign or `www.`. */
const SPECIAL = /[^\p{L}\p{N}\p{M} ,;'"“”‘’.?%…–—]|www/u;

/** Code units at the end that have to be the same in the text and in what is shown. */
const LOOKED_AT = 16;

/**
 * Append `fresh` to what is shown of `tail`, if that changes nothing else; return whether it was.
 *
 * It changes nothing else if there is nothing special in it, the line began with a letter, and both end in a word.
 */
export function appendPlain(shown: Shown | undefined, tail: string, fresh: string): boolean {
  if (shown?.kind !== "element" || shown.tag !== "p" || SPECIAL.test(fresh)) return false;
  const last = shown.within.at(-1);
  const line = tail.slice(tail.lastIndexOf("\n") + 1);
  const end = tail.slice(-LOOKED_AT);
  if (last?.kind !== "text" || !/^ {0,3}\p{L}/u.test(line) || SPECIAL.test(end)) return false;
  if (end.length < LOOKED_AT || !last.node.data.endsWith(end)) return false;
  last.node.appendData(fresh);
  shown.key = NaN;
  return true;
}
