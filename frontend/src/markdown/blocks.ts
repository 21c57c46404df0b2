/** The tokens of a text, described as pieces: one for each block that shows something. */

import type { Token, Tokens } from "marked";
import { keyOf } from "./digest";
import { decodeReferences } from "./entities";
import type { Healed } from "./heal";
import { inlinePieces, mathPiece } from "./inlines";
import type { Reading } from "./inlines";
import type { MathToken } from "./math-syntax";
import { element } from "./pieces";
import type { Attributes, ElementPiece, Piece } from "./pieces";

/** What a block at the top carries: its direction follows from its first letters, and those in it follow it. */
const TOP: Attributes = { dir: "auto" };

/** Say whether a block shows something. */
export function isVisible(token: Token): boolean {
  return token.type !== "space" && token.type !== "def";
}

/** Describe the blocks of a text. */
export function topPieces(tokens: readonly Token[], reading: Reading): Piece[] {
  return tokens.filter(isVisible).map((token) => block(token, reading, TOP));
}

function blockPieces(tokens: readonly Token[], reading: Reading): Piece[] {
  return tokens.filter(isVisible).map((token) => block(token, reading, {}));
}

function block(token: Token, reading: Reading, attributes: Attributes): Piece {
  const key = keyed(token, reading);
  switch (token.type) {
    case "heading": {
      const level = Math.min(6, reading.headingLevel - 1 + (token as Tokens.Heading).depth);
      return element(`h${level}`, key, () => inlinePieces(token.tokens ?? [], reading), attributes);
    }
    case "blockquote":
      return element("blockquote", key, () => blockPieces(token.tokens ?? [], reading), attributes);
    case "list":
      return list(token as Tokens.List, reading, attributes);
    case "code": {
      const { lang = "", text } = token as Tokens.Code;
      const language = /^\S*/.exec(decodeReferences(lang))?.[0] ?? "";
      return { kind: "code", key, language, text };
    }
    case "table":
      return table(token as Tokens.Table, reading);
    case "hr":
      return element("hr", 0);
    case "html":
      return element("p", key, () => [{ kind: "text", text: token.raw.trimEnd() }], { class: "md-html", ...attributes });
    case "math":
      return mathPiece(token as unknown as MathToken);
    default:
      return element("p", key, () => inlinePieces([token], reading), attributes);
  }
}

function keyed(token: Token, { links }: Reading): number {
  const { loose = "", healed = false, open = false } = token as Tokens.Generic & Healed & { open?: boolean };
  return keyOf(token.type, token.raw, String(loose), healed, open, links);
}

/** Describe the list that `list` goes on with, after so many items that stay as they are shown. */
export function goingOn(list: Tokens.List, kept: number, attributes: Attributes, reading: Reading): ElementPiece {
  const healed = (list.items.at(-1) as Healed | undefined)?.healed ?? false;
  const key = keyOf("list", kept, list.raw, list.loose, healed, reading.links);
  const within = (): Piece[] => list.items.map((item) => listItem(item, reading));
  return { ...element(list.ordered ? "ol" : "ul", key, within, attributes), kept };
}

function list({ ordered, start, items, raw, loose }: Tokens.List, reading: Reading, above: Attributes): Piece {
  const attributes: Record<string, string> = { ...above };
  if (ordered && start !== 1) attributes["start"] = String(start);
  if (items.some(({ task }) => task)) attributes["class"] = "md-tasks";
  const healed = (items.at(-1) as Healed | undefined)?.healed ?? false;
  const key = keyOf("list", raw, loose, healed, reading.links);
  return element(ordered ? "ol" : "ul", key, () => items.map((item) => listItem(item, reading)), attributes);
}

function listItem(item: Tokens.ListItem, reading: Reading): ElementPiece {
  const { loose, checked, task } = item;
  const key = keyOf("item", item.raw, loose, task, checked, (item as Healed).healed, reading.links);
  return element("li", key, () => itemPieces(item.tokens, reading));
}

/** In a tight list, a paragraph is not one of its own. */
function itemPieces(tokens: readonly Token[], reading: Reading): Piece[] {
  return tokens.filter(isVisible).flatMap((token) => {
    const isLine = token.type === "text" || token.type === "checkbox";
    return isLine ? inlinePieces([token], reading) : [block(token, reading, {})];
  });
}

function table({ header, rows, raw }: Tokens.Table, reading: Reading): Piece {
  const key = (cells: readonly Tokens.TableCell[]): number =>
    keyOf(...cells.flatMap((cell) => [cell.text, cell.align, (cell as Healed).healed]), reading.links);
  const row = (cells: Tokens.TableCell[]): ElementPiece =>
    element("tr", key(cells), () => cells.map((cell) => tableCell(cell, reading)));
  const head = element("thead", key(header), () => [row(header)]);
  const whole = keyOf("table", raw, key(header), key(rows.at(-1) ?? []), reading.links);
  const body = element("tbody", whole, () => rows.map(row));
  const within = (): Piece[] => [element("table", whole, () => (rows.length > 0 ? [head, body] : [head]))];
  return element("div", whole, within, { class: "md-table", role: "group", "aria-label": reading.labels.table });
}

function tableCell(cell: Tokens.TableCell, reading: Reading): ElementPiece {
  const attributes: Record<string, string> = cell.header ? { scope: "col" } : {};
  if (cell.align) attributes["data-align"] = cell.align;
  const key = keyOf(cell.text, (cell as Healed).healed, reading.links);
  return element(cell.header ? "th" : "td", key, () => inlinePieces(cell.tokens, reading), attributes);
}
