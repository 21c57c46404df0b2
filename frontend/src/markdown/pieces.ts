/** What a document is to show, described; {@link patch} makes it so. */

/** A run of text. */
export interface TextPiece {
  readonly kind: "text";
  readonly text: string;
}

/** An element; what is in it is described only if its key says that it changed. */
export interface ElementPiece {
  readonly kind: "element";
  readonly tag: string;
  readonly attributes: Attributes;
  /** Stands for all that is in it. */
  readonly key: number;
  readonly within: () => readonly Piece[];
  /** How many of the pieces that are in it stay as they are shown, and are left out of `within`. */
  readonly kept?: number;
}

/** Code: language and text. */
export interface CodePiece {
  readonly kind: "code";
  readonly key: number;
  readonly language: string;
  readonly text: string;
}

/** A formula. */
export interface MathPiece {
  readonly kind: "math";
  readonly key: number;
  readonly tex: string;
  /** The formula as it was written, which is shown until it is drawn, or if it can't be. */
  readonly source: string;
  readonly display: boolean;
  /** Whether its end has not come yet. */
  readonly open: boolean;
}

export type Piece = TextPiece | ElementPiece | CodePiece | MathPiece;
export type Attributes = Readonly<Record<string, string>>;

/** Describe an element whose key is that of its parent's token and its place there, or of its own token. */
export function element(
  tag: string, key: number, within: () => readonly Piece[] = () => [], attributes: Attributes = {},
): ElementPiece {
  return { kind: "element", tag, attributes, key, within };
}
