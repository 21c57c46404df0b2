/** The end of a growing text: blocks that look otherwise now that all is known are replaced, and no others. */

import type { Token } from "marked";
import { tokenKey } from "./digest";

/** A block that is shown, and what stands for its token. */
export interface Settled {
  readonly key: number;
  readonly node: Node;
}

/** Let `host` show `tokens` instead of `settled`, with as many nodes of the latter as possible. */
export function replaceBlocks(
  host: Element, settled: readonly Settled[], tokens: readonly Token[], make: (token: Token) => Node,
): void {
  const places = new Map<number, number[]>();
  for (const [index, { key }] of settled.entries()) places.set(key, [...(places.get(key) ?? []), index]);
  let next = 0;
  const removeUpTo = (end: number): void => {
    for (; next < end; next++) host.removeChild((settled[next] as Settled).node);
  };
  for (const token of tokens) {
    const key = tokenKey(token);
    const place = settled[next]?.key === key ? next : places.get(key)?.find((index) => index >= next);
    if (place === undefined) {
      host.insertBefore(make(token), settled[next]?.node ?? null);
    } else {
      removeUpTo(place);
      next = place + 1;
    }
  }
  removeUpTo(settled.length);
}
