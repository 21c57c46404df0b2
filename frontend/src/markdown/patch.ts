/** Makes elements show pieces, by changing no more than what differs: what stays keeps its selection. */

import { CodeBlock } from "./code-block";
import { MathBox } from "./math-box";
import type { Attributes, CodePiece, ElementPiece, MathPiece, Piece, TextPiece } from "./pieces";
import type { Surroundings } from "./surroundings";
import { commonPrefix } from "./texts";

/** What is there for a piece. */
export type Shown = ShownText | ShownElement | ShownCode | ShownMath;
interface ShownText { readonly kind: "text"; readonly node: Text }
interface ShownElement {
  readonly kind: "element";
  readonly node: HTMLElement;
  readonly tag: string;
  key: number;
  attributes: Attributes;
  readonly within: Shown[];
}
interface ShownCode { readonly kind: "code"; readonly node: HTMLElement; key: number; readonly code: CodeBlock }
interface ShownMath { readonly kind: "math"; readonly node: HTMLElement; key: number; readonly math: MathBox }

/** Let the last nodes of `parent`, which are those of `shown`, show `pieces` after the first `kept`; `shown` follows. */
export function patch(
  parent: Element, shown: Shown[], pieces: readonly Piece[], surroundings: Surroundings, kept = 0,
): void {
  for (const [index, piece] of pieces.entries()) {
    const before = shown[kept + index];
    if (before && update(before, piece, surroundings)) continue;
    const made = create(piece, surroundings);
    if (before) parent.replaceChild(made.node, before.node);
    else parent.appendChild(made.node);
    shown[kept + index] = made;
  }
  for (const { node } of shown.splice(kept + pieces.length)) parent.removeChild(node);
}

/** Make what shows a piece. */
export function create(piece: Piece, surroundings: Surroundings): Shown {
  switch (piece.kind) {
    case "text":
      return { kind: "text", node: surroundings.document.createTextNode(piece.text) };
    case "element": {
      const node = surroundings.document.createElement(piece.tag);
      for (const [name, value] of Object.entries(piece.attributes)) node.setAttribute(name, value);
      const { tag, key, attributes } = piece;
      const shown: ShownElement = { kind: "element", node, tag, key, attributes, within: [] };
      patch(node, shown.within, piece.within(), surroundings);
      if (attributes["class"] === "md-table") surroundings.scrolls(node);
      return shown;
    }
    case "code": {
      const code = new CodeBlock(piece.language, surroundings);
      code.show(piece.text);
      return { kind: "code", node: code.node, key: piece.key, code };
    }
    case "math": {
      const math = new MathBox(piece, surroundings);
      return { kind: "math", node: math.node, key: piece.key, math };
    }
  }
}

/** Nothing in there will change any more. */
export function settle(shown: Shown): void {
  if (shown.kind === "code") shown.code.settle();
  if (shown.kind === "element") for (const within of shown.within) settle(within);
}

/** Let `shown` show `piece`, if it can. */
function update(shown: Shown, piece: Piece, surroundings: Surroundings): boolean {
  switch (shown.kind) {
    case "text":
      return piece.kind === "text" && updateText(shown, piece);
    case "element":
      return piece.kind === "element" && updateElement(shown, piece, surroundings);
    case "code":
      return piece.kind === "code" && updateCode(shown, piece);
    case "math":
      return piece.kind === "math" && updateMath(shown, piece);
  }
}

function updateText({ node }: ShownText, { text }: TextPiece): boolean {
  const before = node.data;
  if (before === text) return true;
  const same = commonPrefix(before, text);
  if (same < before.length) node.replaceData(same, before.length - same, text.slice(same));
  else node.appendData(text.slice(same));
  return true;
}

function updateElement(shown: ShownElement, piece: ElementPiece, surroundings: Surroundings): boolean {
  if (shown.tag !== piece.tag) return false;
  updateAttributes(shown.node, shown.attributes, piece.attributes);
  shown.attributes = piece.attributes;
  if (shown.key === piece.key) return true;
  patch(shown.node, shown.within, piece.within(), surroundings, piece.kept);
  shown.key = piece.key;
  return true;
}

function updateAttributes(node: HTMLElement, before: Attributes, after: Attributes): void {
  for (const name of Object.keys(before)) if (!(name in after)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(after)) if (before[name] !== value) node.setAttribute(name, value);
}

function updateCode(shown: ShownCode, { key, language, text }: CodePiece): boolean {
  if (shown.code.language !== language) return false;
  if (shown.key !== key) shown.code.show(text);
  shown.key = key;
  return true;
}

function updateMath(shown: ShownMath, piece: MathPiece): boolean {
  if (shown.math.display !== piece.display) return false;
  if (shown.key !== piece.key) shown.math.show(piece);
  shown.key = piece.key;
  return true;
}
