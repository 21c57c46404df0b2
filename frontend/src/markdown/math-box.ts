/** A formula: its source until it is drawn, or where it can't be. */

import type { MathPiece } from "./pieces";
import type { Surroundings } from "./surroundings";

export class MathBox {
  readonly node: HTMLElement;
  readonly display: boolean;
  readonly #surroundings: Surroundings;
  #piece: MathPiece;

  constructor(piece: MathPiece, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.display = piece.display;
    this.#piece = piece;
    this.node = surroundings.document.createElement("span");
    this.node.setAttribute("class", piece.display ? "md-math md-math-block" : "md-math");
    if (piece.display) surroundings.scrolls(this.node);
    this.show(piece);
  }

  /** Show another formula. */
  show(piece: MathPiece): void {
    this.#piece = piece;
    const { document, math } = this.#surroundings;
    this.node.replaceChildren(document.createTextNode(piece.source));
    if (piece.open) return;
    math?.with((draw) => {
      if (this.#piece !== piece) return;
      const drawn = draw(piece.tex, piece.display, document);
      if (drawn) this.node.replaceChildren(drawn);
    });
  }
}
