/** Text into tokens: `marked`'s lexer for GFM, with math, with raw HTML as what it is written as, and never throwing. */

import { Lexer } from "marked";
import type { Links, MarkedOptions, Token, Tokens } from "marked";
import { blockMath, blockMathStart, maskMath } from "./math-syntax";
import { BoundedTokenizer } from "./tokenizer";

/** What a text was taken apart into. */
export interface Lexed {
  readonly tokens: Token[];
  /** Link definitions: those given, and those found. */
  readonly links: Links;
}

class OurLexer extends Lexer {
  /** The line whose emphasis is being looked for. */
  line = "";

  constructor(source: string, links: Links, open: boolean) {
    super(options(source, open));
    // A copy of its own: a definition that is half there must not stay.
    Object.assign(this.tokens.links, links);
  }

  override inlineTokens(source: string, tokens?: Token[]): Token[] {
    this.line = source;
    return super.inlineTokens(source, tokens);
  }
}

function options(source: string, open: boolean): MarkedOptions {
  const emStrongMask = function (this: { lexer: OurLexer }, masked: string): string {
    return maskMath(this.lexer.line, masked);
  };
  const tokenizer = new BoundedTokenizer(source.length);
  // What ends in a quote or a list does not end with the text.
  const isOpen = (): boolean => open && tokenizer.depth === 0;
  return {
    gfm: true,
    tokenizer,
    hooks: { emStrongMask } as unknown as NonNullable<MarkedOptions["hooks"]>,
    extensions: {
      renderers: {},
      childTokens: {},
      block: [(rest) => (blockMath(rest, isOpen()) ?? undefined) as Tokens.Generic | undefined],
      startBlock: [(rest) => blockMathStart(rest, isOpen())],
    },
  };
}

/** Take `source` apart; where it grows (`open`), a formula at its end need not have an end. */
export function lex(source: string, links: Links = {}, open = false): Lexed {
  const lexer = new OurLexer(source, links, open);
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
    return new OurLexer(source, links, false).inlineTokens(source);
  } catch {
    return [{ type: "text", raw: source, text: source }];
  }
}

function plainParagraph(source: string): Tokens.Paragraph {
  return { type: "paragraph", raw: source, text: source, tokens: [{ type: "escape", raw: source, text: source }] };
}
