/** A text that is shown as markdown while it grows. */

import type { Links, Token } from "marked";
import { goingOn, isVisible, topPieces } from "./blocks";
import { keyOf, tokenKey } from "./digest";
import { decided, heal } from "./heal";
import { lex } from "./lexer";
import type { Reading } from "./inlines";
import type { Lexed } from "./lexer";
import { OpenFence } from "./open-fence";
import { frozenIn, loosen, NOTHING_FROZEN, onlyList } from "./open-list";
import type { Frozen } from "./open-list";
import { create, patch, settle } from "./patch";
import type { Shown } from "./patch";
import type { Piece } from "./pieces";
import { replaceBlocks } from "./replace";
import type { Settled } from "./replace";
import { listen } from "./presses";
import { appendPlain } from "./plain-tail";
import { surroundingsOf } from "./settings";
import type { MarkdownOptions } from "./settings";
import { settledEnd } from "./settling";
import type { Surroundings } from "./surroundings";

/** Where showing a text takes long, a fifth of the time is enough for it. */
const REST = 4;

export class MarkdownView {
  readonly #host: HTMLElement;
  readonly #headingLevel: number;
  readonly #workAtOnce: number;
  readonly #surroundings: Surroundings;
  /** All that was given. */
  #text = "";
  /** What may still change what is shown of it, with `\n` for every line break. */
  #tail = "";
  /** A carriage return at the end, which may be half a line break. */
  #return = "";
  /** Definitions in what is settled. */
  #links: Links = noLinks();
  /** A hash of each block that is settled, not its tokens: those would keep every copy of the growing text. */
  #settled: Settled[] = [];
  /** What shows the tail. */
  #live: Shown[] = [];
  #fence: OpenFence | null = null;
  /** Of the list that the tail begins with. */
  #frozen: Frozen = NOTHING_FROZEN;
  #finished = false;
  /** What has come since a block became so long that to show it anew takes a while; it is shown when that is over. */
  #unshown = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, options: MarkdownOptions = {}) {
    this.#host = host;
    this.#headingLevel = options.headingLevel ?? 2;
    this.#workAtOnce = options.workAtOnce ?? 8;
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
    const before = this.#tail;
    this.#tail += fresh;
    this.#unshown += fresh;
    if (this.#timer !== undefined) return;
    const simple = this.#fence?.take(fresh) || appendPlain(this.#live.at(-1), before, fresh);
    if (simple) this.#unshown = "";
    else this.#catchUp();
  }

  /** Show what has come. */
  #catchUp(): void {
    const start = performance.now();
    const fresh = this.#unshown;
    this.#unshown = "";
    this.#fence = null;
    if (fresh.includes("\n")) this.#advance();
    else this.#show(null);
    this.#fence = OpenFence.within(this.#tail, () => {
      const only = this.#live.length === 1 ? this.#live[0] : undefined;
      if (only?.kind !== "code") return null;
      // From now on it shows what no token says.
      only.key = NaN;
      return only.code;
    });
    const took = performance.now() - start;
    if (took < this.#workAtOnce) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#unshown) this.#catchUp();
    }, REST * took);
  }

  /** Nothing more will come: see to it that all is as if it had come at once. */
  finish(): void {
    if (this.#finished) return;
    this.#tail += this.#return;
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unshown = "";
    this.#tail = this.#return = "";
    this.#links = noLinks();
    this.#settled = [];
    this.#live = [];
    this.#fence = null;
    this.#frozen = NOTHING_FROZEN;
  }

  #unified(text: string): string {
    const whole = this.#return + text;
    this.#return = whole.endsWith("\r") ? "\r" : "";
    return (this.#return ? whole.slice(0, -1) : whole).replace(/\r\n?/g, "\n");
  }

  /** Take in that lines were completed: settle what no further text can change, and show the rest. */
  #advance(): void {
    const complete = this.#tail.slice(0, this.#tail.lastIndexOf("\n") + 1);
    const frozen = frozenIn(complete, this.#frozen, this.#links);
    if (frozen) {
      this.#show(null);
      // Not earlier: what is frozen has to be there.
      if (this.#live.length === 1) this.#frozen = frozen;
      return;
    }
    this.#frozen = NOTHING_FROZEN;
    const { tokens, links } = lex(complete, this.#links, true);
    const { count, length } = settledEnd(tokens, complete);
    this.#tail = this.#tail.slice(length);
    this.#show(count > 0 ? { tokens: tokens.slice(0, count), links } : null);
  }

  /** Show the tail, after what has been cut off it. */
  #show(settled: Lexed | null): void {
    if (settled) collectLinks(settled.tokens, this.#links);
    const { count, length, loose } = this.#frozen;
    const rest = lex(decided(this.#tail).slice(length), this.#links, true);
    heal(rest.tokens, rest.links);
    const list = count > 0 ? onlyList(rest.tokens) : undefined;
    const shown = this.#live[0];
    if (list && shown?.kind === "element") {
      if (loose && !list.loose) loosen(list);
      const piece = goingOn(list, count, shown.attributes, this.#reading(rest));
      patch(this.#host, this.#live, [piece], this.#surroundings);
    } else if (count > 0) {
      this.#frozen = NOTHING_FROZEN;
      this.#show(settled);
    } else {
      const before = settled ? this.#pieces(settled) : [];
      patch(this.#host, this.#live, [...before, ...this.#pieces(rest)], this.#surroundings);
      if (settled) this.#settle(settled.tokens.filter(isVisible));
    }
  }

  #pieces(lexed: Lexed): Piece[] {
    return topPieces(lexed.tokens, this.#reading(lexed));
  }

  #reading({ links }: Lexed): Reading {
    const { labels } = this.#surroundings;
    return { labels, headingLevel: this.#headingLevel, links: keyOf(JSON.stringify(links)) };
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

/** Without a prototype: somebody may define `__proto__`. */
function noLinks(): Links {
  return Object.create(null) as Links;
}

function collectLinks(tokens: readonly Token[], links: Links): void {
  for (const token of tokens) {
    if (token.type === "def") links[token["tag"]] ??= { href: token["href"], title: token["title"] };
    if (token.type === "list") for (const item of token["items"]) collectLinks(item.tokens, links);
    if (token.type === "blockquote") collectLinks(token.tokens ?? [], links);
  }
}
