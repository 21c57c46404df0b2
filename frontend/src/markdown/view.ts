/** A text that is shown as markdown while it grows. */

import type { Links, Token } from "marked";
import { isVisible, topPieces } from "./blocks";
import { keyOf, tokenKey } from "./digest";
import { decided, heal } from "./heal";
import { lex } from "./lexer";
import type { Lexed } from "./lexer";
import { OpenFence } from "./open-fence";
import { create, patch, settle } from "./patch";
import type { Shown } from "./patch";
import { replaceBlocks } from "./replace";
import type { Settled } from "./replace";
import { listen } from "./presses";
import { surroundingsOf } from "./settings";
import type { MarkdownOptions } from "./settings";
import { settledEnd } from "./settling";
import type { Surroundings } from "./surroundings";

export class MarkdownView {
  readonly #host: HTMLElement;
  readonly #headingLevel: number;
  readonly #surroundings: Surroundings;
  /** All that was given. */
  #text = "";
  /** What may still change what is shown of it, with `\n` for every line break. */
  #tail = "";
  /** A carriage return at the end, which may be half a line break. */
  #return = "";
  /** Definitions in what is settled. */
  #links: Links = {};
  /** A hash of each block that is settled, not its tokens: those would keep every copy of the growing text. */
  #settled: Settled[] = [];
  /** What shows the tail. */
  #live: Shown[] = [];
  #fence: OpenFence | null = null;
  #finished = false;

  constructor(host: HTMLElement, options: MarkdownOptions = {}) {
    this.#host = host;
    this.#headingLevel = options.headingLevel ?? 3;
    this.#surroundings = surroundingsOf(host, options);
    listen(host, this.#surroundings.labels, options.copy);
  }

  /** The text so far, exactly as it was given. */
  get text(): string {
    return this.#text;
  }

  /** Of the text so far, in UTF-16 code units. */
  get length(): number {
    return this.#text.length;
  }

  /** Go on with `text`. */
  append(text: string): void {
    if (!text) return;
    if (this.#finished) {
      const all = this.#text;
      this.reset();
      this.append(all + text);
      return;
    }
    this.#text += text;
    const fresh = this.#unified(text);
    this.#tail += fresh;
    if (this.#fence?.take(fresh)) return;
    this.#fence = null;
    this.#show(fresh.includes("\n") ? this.#cutSettled() : null);
    this.#fence = OpenFence.within(this.#tail, () => {
      const only = this.#live.length === 1 ? this.#live[0] : undefined;
      if (only?.kind !== "code") return null;
      // From now on it shows what no token says.
      only.key = NaN;
      return only.code;
    });
  }

  /** Nothing more will come: see to it that all is as if it had come at once. */
  finish(): void {
    if (this.#finished) return;
    this.#tail += this.#return;
    this.#fence = null;
    const rest = lex(this.#tail, this.#links);
    patch(this.#host, this.#live, this.#pieces(rest), this.#surroundings);
    this.#settle(rest.tokens.filter(isVisible));
    const whole = lex(this.#text);
    replaceBlocks(this.#host, this.#settled, whole.tokens.filter(isVisible), (token) =>
      this.#settledBlock({ tokens: [token], links: whole.links }));
    this.#forget();
    this.#finished = true;
  }

  /** Show a text that is whole: the same as appending it to nothing and finishing, for a third of the work. */
  render(text: string): void {
    this.reset();
    this.#text = text;
    patch(this.#host, this.#live, this.#pieces(lex(text)), this.#surroundings);
    for (const shown of this.#live) settle(shown);
    this.#forget();
    this.#finished = true;
  }

  /** Show nothing. */
  reset(): void {
    this.#host.replaceChildren();
    this.#forget();
    this.#text = "";
    this.#finished = false;
  }

  /** Forget all but the text: what is shown will not change any more. */
  #forget(): void {
    this.#tail = this.#return = "";
    this.#links = {};
    this.#settled = [];
    this.#live = [];
    this.#fence = null;
  }

  #unified(text: string): string {
    const whole = this.#return + text;
    this.#return = whole.endsWith("\r") ? "\r" : "";
    return (this.#return ? whole.slice(0, -1) : whole).replace(/\r\n?/g, "\n");
  }

  /** Take what no further text can change off the tail. */
  #cutSettled(): Lexed | null {
    const complete = this.#tail.slice(0, this.#tail.lastIndexOf("\n") + 1);
    const { tokens, links } = lex(complete, this.#links, true);
    const { count, length } = settledEnd(tokens, complete);
    if (count === 0) return null;
    this.#tail = this.#tail.slice(length);
    return { tokens: tokens.slice(0, count), links };
  }

  /** Show the tail, after what has been cut off it. */
  #show(settled: Lexed | null): void {
    if (settled) collectLinks(settled.tokens, this.#links);
    const rest = lex(decided(this.#tail), this.#links, true);
    heal(rest.tokens, rest.links);
    const before = settled ? this.#pieces(settled) : [];
    patch(this.#host, this.#live, [...before, ...this.#pieces(rest)], this.#surroundings);
    if (settled) this.#settle(settled.tokens.filter(isVisible));
  }

  #pieces({ tokens, links }: Lexed): ReturnType<typeof topPieces> {
    return topPieces(tokens, {
      labels: this.#surroundings.labels,
      headingLevel: this.#headingLevel,
      links: keyOf(JSON.stringify(links)),
    });
  }

  /** The first of what is live shows `tokens`, and will not change any more. */
  #settle(tokens: readonly Token[]): void {
    for (const [index, shown] of this.#live.splice(0, tokens.length).entries()) {
      settle(shown);
      this.#settled.push({ key: tokenKey(tokens[index] as Token), node: shown.node });
    }
  }

  #settledBlock(lexed: Lexed): Node {
    const [piece] = this.#pieces(lexed);
    const shown = create(piece as NonNullable<typeof piece>, this.#surroundings);
    // Highlighting waits for an idle moment, and the block is in its place by then.
    settle(shown);
    return shown.node;
  }
}

function collectLinks(tokens: readonly Token[], links: Links): void {
  for (const token of tokens) {
    if (token.type === "def") links[token["tag"]] ??= { href: token["href"], title: token["title"] };
    if (token.type === "list") for (const item of token["items"]) collectLinks(item.tokens, links);
    if (token.type === "blockquote") collectLinks(token.tokens ?? [], links);
  }
}
