/** `marked`'s tokenizer, with math, with raw HTML that begins and ends nothing, and with work that is bounded. */

import { Tokenizer } from "marked";
import type { Links, Tokens } from "marked";
import { blockMathStart, dollarIn, inlineMath } from "./math-syntax";

/** Levels that quotes, lists, emphasis and links nest to; what is deeper is text. */
const DEEPEST = 40;

/** Code units that emphasis may go over, that are looked at before it, and that an address or a plain text may have. */
const LONGEST_EMPHASIS = 4000;
const BEFORE = 100;
const LONGEST_ADDRESS = 2000;
const LONGEST_TEXT = 500;
/** Code units of a quote, after which another begins: each line of it costs all lines before it. */
const LONGEST_QUOTE = 20_000;

/**
 * The lexer looks for the end of every beginning, so that a text with many beginnings and no ends would keep it busy for
 * as many seconds as it is long squared. Here the search goes so far only, and stops when too much was in vain.
 */
export class BoundedTokenizer extends Tokenizer {
  /** Of what is being taken apart, in quotes, lists and the like. */
  depth = 0;
  /** Code units that may still be searched in vain. */
  #patience: number;

  constructor(length: number) {
    super();
    this.#patience = 20_000 + 20 * length;
  }

  override blockquote(source: string): Tokens.Blockquote | undefined {
    const end = source.length > LONGEST_QUOTE ? source.lastIndexOf("\n", LONGEST_QUOTE) + 1 : 0;
    return this.#deeper(() => super.blockquote(end > 0 ? source.slice(0, end) : source));
  }

  override list(source: string): Tokens.List | undefined {
    return this.#deeper(() => super.list(source));
  }

  /** Formulas on lines of their own interrupt a heading, as they do a paragraph. */
  override lheading(source: string): Tokens.Heading | undefined {
    const token = super.lheading(source);
    return token && blockMathStart(token.raw, false) === undefined ? token : undefined;
  }

  override emStrong(source: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    return this.#near(source, masked, (near, hidden) => super.emStrong(near, hidden, before));
  }

  override del(source: string, masked: string, before?: string): Tokens.Del | undefined {
    return source.startsWith("~") ? this.#near(source, masked, (near, hidden) => super.del(near, hidden, before)) : undefined;
  }

  override link(source: string): Tokens.Link | Tokens.Image | undefined {
    const near = source.slice(0, LONGEST_ADDRESS);
    const costly = near.startsWith("(", near.indexOf("]") + 1);
    if (costly && this.#patience <= 0) return undefined;
    const found = this.#deeper(() => super.link(near));
    if (!found && costly) this.#patience -= near.length;
    return found;
  }

  override reflink(source: string, links: Links): Tokens.Link | Tokens.Image | Tokens.Text | undefined {
    return this.#deeper(() => super.reflink(source, links));
  }

  /** The first that is asked for in a line: math begins with what would be an escape, or with a dollar. */
  override escape(source: string): Tokens.Escape | undefined {
    return (inlineMath(source) as Tokens.Generic | undefined as Tokens.Escape | undefined) ?? super.escape(source);
  }

  /** Raw HTML is text, so it begins and ends nothing. */
  override tag(source: string): Tokens.Tag | undefined {
    const { inLink, inRawBlock } = this.lexer.state;
    const token = super.tag(source);
    Object.assign(this.lexer.state, { inLink, inRawBlock });
    return token;
  }

  override url(source: string): Tokens.Link | undefined {
    return super.url(source.slice(0, LONGEST_ADDRESS));
  }

  override inlineText(source: string): Tokens.Text | undefined {
    const near = beginning(source);
    const token = super.inlineText(near);
    const dollar = token ? dollarIn(token.raw) : -1;
    return dollar > 0 ? super.inlineText(near.slice(0, dollar)) : token;
  }

  /** Look for emphasis within reach; both texts end alike, and the lexer counts from there. */
  #near<T>(source: string, masked: string, parse: (source: string, masked: string) => T | undefined): T | undefined {
    const first = source.charCodeAt(0);
    if (first !== 42 && first !== 95 && first !== 126) return undefined; // "*", "_" and "~"
    if (this.#patience <= 0) return undefined;
    const start = masked.length - source.length;
    const far = source.length > LONGEST_EMPHASIS || start > LONGEST_EMPHASIS;
    const found = this.#deeper(() => far
      ? parse(source.slice(0, LONGEST_EMPHASIS), masked.slice(Math.max(0, start - BEFORE), start + LONGEST_EMPHASIS))
      : parse(source, masked));
    if (!found) this.#patience -= Math.min(source.length, LONGEST_EMPHASIS);
    return found;
  }

  #deeper<T>(parse: () => T): T | undefined {
    if (this.depth >= DEEPEST) return undefined;
    this.depth++;
    try {
      return parse();
    } finally {
      this.depth--;
    }
  }
}

/** Return what `source` begins with, cut between two words if there are such: what follows is one text with it. */
function beginning(source: string): string {
  if (source.length <= LONGEST_TEXT) return source;
  const near = source.slice(0, LONGEST_TEXT);
  const end = /^[\s\S]*\S (?=\S[\s\S])/.exec(near)?.[0].length;
  return end ? near.slice(0, end) : near;
}
