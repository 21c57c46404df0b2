/** Text into tokens: `marked`'s lexer for GFM, with math, with raw HTML as what it is written as, and never throwing. */

import { Lexer, Tokenizer } from "marked";
import type { Links, MarkedOptions, Token, Tokens } from "marked";
import { blockMath, blockMathStart, dollarIn, inlineMath, maskMath } from "./math-syntax";

/** Levels that quotes, lists, emphasis and links nest to; what is deeper is text. */
const DEEPEST = 40;

/** What a text was taken apart into. */
export interface Lexed {
  readonly tokens: Token[];
  /** Link definitions: those given, and those found. */
  readonly links: Links;
}

class OurTokenizer extends Tokenizer {
  /** Of what is being taken apart, in quotes, lists and the like. */
  depth = 0;

  override blockquote(source: string): Tokens.Blockquote | undefined {
    return this.#deeper(() => super.blockquote(source));
  }

  override list(source: string): Tokens.List | undefined {
    return this.#deeper(() => super.list(source));
  }

  override emStrong(source: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    return this.#deeper(() => super.emStrong(source, masked, before));
  }

  override del(source: string, masked: string, before?: string): Tokens.Del | undefined {
    return this.#deeper(() => super.del(source, masked, before));
  }

  override link(source: string): Tokens.Link | Tokens.Image | undefined {
    return this.#deeper(() => super.link(source));
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

  override inlineText(source: string): Tokens.Text | undefined {
    const token = super.inlineText(source);
    const dollar = token ? dollarIn(token.raw) : -1;
    return dollar > 0 ? super.inlineText(source.slice(0, dollar)) : token;
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

class OurLexer extends Lexer {
  /** The line whose emphasis is being looked for. */
  line = "";

  constructor(links: Links, open: boolean) {
    super(options(open));
    // A copy of its own: a definition that is half there must not stay.
    Object.assign(this.tokens.links, links);
  }

  override inlineTokens(source: string, tokens?: Token[]): Token[] {
    this.line = source;
    return super.inlineTokens(source, tokens);
  }
}

function options(open: boolean): MarkedOptions {
  const emStrongMask = function (this: { lexer: OurLexer }, masked: string): string {
    return maskMath(this.lexer.line, masked);
  };
  const tokenizer = new OurTokenizer();
  // What ends in a quote or a list does not end with the text.
  const isOpen = (): boolean => open && tokenizer.depth === 0;
  return {
    gfm: true,
    tokenizer,
    hooks: { emStrongMask } as unknown as NonNullable<MarkedOptions["hooks"]>,
    extensions: {
      renderers: {},
      childTokens: {},
      block: [(source) => (blockMath(source, isOpen()) ?? undefined) as Tokens.Generic | undefined],
      startBlock: [(source) => blockMathStart(source, isOpen())],
    },
  };
}

/** Take `source` apart; where it grows (`open`), a formula at its end need not have an end. */
export function lex(source: string, links: Links = {}, open = false): Lexed {
  const lexer = new OurLexer(links, open);
  try {
    return { tokens: lexer.lex(source), links: lexer.tokens.links };
  } catch {
    // Too much for the stack, or a bug of the lexer's: what was written is shown as it is.
    return { tokens: source.trim() ? [plainParagraph(source)] : [], links };
  }
}

/** Take a line apart. */
export function lexInline(source: string, links: Links): Token[] {
  try {
    return new OurLexer(links, false).inlineTokens(source);
  } catch {
    return [{ type: "text", raw: source, text: source }];
  }
}

function plainParagraph(source: string): Tokens.Paragraph {
  return { type: "paragraph", raw: source, text: source, tokens: [{ type: "escape", raw: source, text: source }] };
}
