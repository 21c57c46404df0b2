/** Numbers that stand for texts and tokens, so that what is settled need not be kept to be compared. */

import type { Token } from "marked";

/** A hash that grows: 53 bits, of which two different blocks share none in practice. */
export class Digest {
  #one = 0xdeadbeef;
  #two = 0x41c6ce57;

  /** Take in a text, and that it ended here. */
  add(text: string): this {
    let one = this.#one;
    let two = this.#two;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      one = Math.imul(one ^ unit, 2654435761);
      two = Math.imul(two ^ unit, 1597334677);
    }
    this.#one = Math.imul(one ^ 0x10000, 2654435761);
    this.#two = Math.imul(two ^ 0x10001, 1597334677);
    return this;
  }

  get value(): number {
    let one = Math.imul(this.#one ^ (this.#one >>> 16), 2246822507);
    let two = Math.imul(this.#two ^ (this.#two >>> 13), 3266489909);
    one ^= two >>> 16;
    two ^= one >>> 13;
    return 4294967296 * (2097151 & two) + (one >>> 0);
  }
}

/** Return the hash of some texts. */
export function keyOf(...texts: readonly (string | number | boolean | null | undefined)[]): number {
  const digest = new Digest();
  for (const text of texts) digest.add(String(text));
  return digest.value;
}

/** Return the hash of all that a token shows: equal tokens look alike, wherever they were cut out. */
export function tokenKey(token: Token): number {
  const digest = new Digest();
  addValue(digest, token);
  return digest.value;
}

/** How it was written, and the source of what is there as tokens, too. */
const UNSEEN = new Set(["raw", "escaped", "pre", "block", "inLink", "inRawBlock"]);

function addValue(digest: Digest, value: unknown): void {
  if (Array.isArray(value)) {
    digest.add("[");
    for (const each of value) addValue(digest, each);
    digest.add("]");
  } else if (typeof value === "object" && value !== null) {
    const hasTokens = "tokens" in value && value.tokens !== undefined;
    for (const [name, each] of Object.entries(value)) {
      if (UNSEEN.has(name) || (name === "text" && hasTokens) || each === undefined) continue;
      digest.add(name);
      addValue(digest, each);
    }
    digest.add("}");
  } else {
    digest.add(String(value));
  }
}
