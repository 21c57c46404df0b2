/** The tokens of a line, described as pieces. */

import type { Token, Tokens } from "marked";
import { hostOf, imageAddress, linkAddress } from "./addresses";
import { keyOf } from "./digest";
import { decodeReferences } from "./entities";
import type { Labels } from "./labels";
import type { MathToken } from "./math-syntax";
import { element } from "./pieces";
import type { Attributes, ElementPiece, MathPiece, Piece } from "./pieces";

/** What turns tokens into pieces has to know. */
export interface Reading {
  readonly labels: Labels;
  /** The level of a heading that is written with one `#`. */
  readonly headingLevel: number;
  /** Stands for the link definitions, which change what the same text means. */
  readonly links: number;
}

/** Opens elsewhere, tells nobody where it came from, and recommends nothing. */
const ELSEWHERE: Attributes = { target: "_blank", rel: "noopener noreferrer nofollow" };

/** Describe a line. */
export function inlinePieces(tokens: readonly Token[], reading: Reading): Piece[] {
  const pieces: Piece[] = [];
  for (const token of tokens) for (const piece of piecesOf(token, reading)) append(pieces, piece);
  return pieces;
}

/** Texts that follow each other are one. */
function append(pieces: Piece[], piece: Piece): void {
  const before = pieces.at(-1);
  if (piece.kind === "text" && before?.kind === "text") {
    pieces[pieces.length - 1] = { kind: "text", text: before.text + piece.text };
  } else {
    pieces.push(piece);
  }
}

function piecesOf(token: Token, reading: Reading): Piece[] {
  switch (token.type) {
    case "text":
    case "paragraph":
      return "tokens" in token && token.tokens ? inlinePieces(token.tokens, reading) : [text(decodeReferences(token["text"]))];
    case "strong":
    case "em":
    case "del":
      return [element(token.type, keyed(token, reading), () => inlinePieces(token.tokens ?? [], reading))];
    case "codespan":
      return [element("code", keyed(token, reading), () => [text(token["text"])])];
    case "br":
      return [element("br", 0)];
    case "link":
      return link(token as Tokens.Link, reading);
    case "image":
      return [image(token as Tokens.Image, reading)];
    case "math":
      return [mathPiece(token as unknown as MathToken)];
    case "checkbox":
      return [checkbox((token as Tokens.Checkbox).checked, reading.labels), text(" ")];
    case "html":
      // The one way to break a line within a table's cell, and nothing more than that.
      return [/^<br\s*\/?>$/i.test(token.raw) ? element("br", 0) : text(token["text"])];
    default:
      // An escape, and whatever a later lexer may bring: what was written.
      return [text(String(("text" in token ? token["text"] : undefined) ?? token.raw))];
  }
}

function text(written: string): Piece {
  return { kind: "text", text: written };
}

function keyed(token: Token, reading: Reading): number {
  return keyOf(token.type, token.raw, reading.links);
}

function link(token: Tokens.Link, reading: Reading): Piece[] {
  const written = token.autolink ? token.href : decodeReferences(token.href);
  const within = (): Piece[] => (token.autolink ? [text(token.text)] : inlinePieces(token.tokens, reading));
  const address = linkAddress(written);
  if (address === null) return within();
  const attributes: Record<string, string> = { href: address };
  if (token.title) attributes["title"] = decodeReferences(token.title);
  if (!address.startsWith("#")) Object.assign(attributes, ELSEWHERE);
  return [element("a", keyed(token, reading), within, attributes)];
}

/**
 * Describe an image: a link that opens it in another tab, and names its host.
 *
 * An image that loads by itself tells its host that, when and from where somebody reads, and whatever a hostile
 * text puts into the address. To load it into the page after a click, the page's policy would have to allow images
 * from everywhere, and be no fence any more; so a click opens it elsewhere, without a referrer.
 */
function image(token: Tokens.Image, { labels }: Reading): Piece {
  const alternative = plain(token.tokens).trim();
  const address = imageAddress(decodeReferences(token.href));
  if (address === null) return text(alternative);
  const attributes = { class: "md-image", href: address, ...ELSEWHERE };
  const words = labels.openImage(alternative, hostOf(address) ?? "");
  return element("a", keyOf("image", words), () => [text(words)], attributes);
}

/** What a line says without its form. */
function plain(tokens: readonly Token[] | undefined): string {
  return (tokens ?? []).map((token) => {
    if ("tokens" in token && token.tokens) return plain(token.tokens);
    return token.type === "text" ? decodeReferences(token["text"]) : String(("text" in token ? token["text"] : undefined) ?? " ");
  }).join("");
}

/** Describe a formula. */
export function mathPiece({ raw, text: tex, display, open = false }: MathToken): MathPiece {
  return { kind: "math", key: keyOf("math", tex, display, open), tex, source: raw.trim(), display, open };
}

function checkbox(checked: boolean, labels: Labels): ElementPiece {
  const attributes = { type: "checkbox", disabled: "", "aria-label": checked ? labels.done : labels.notDone };
  return element("input", keyOf("checkbox", checked), undefined, checked ? { ...attributes, checked: "" } : attributes);
}
