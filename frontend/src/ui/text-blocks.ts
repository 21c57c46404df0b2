/** Text in blocks, so that what is appended to a long one costs the layout of its last block only. */

/** UTF-16 code units after which a new text node begins, and at the next line a new block. */
const LONG = 1000;

/** Appends text to an element. */
export class TextBlocks {
  /** Of the text so far, in UTF-16 code units. */
  length = 0;
  readonly #host: HTMLElement;
  #block: HTMLElement | null = null;
  #blockLength = 0;
  #node: Text | null = null;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  /** The text so far. */
  get text(): string {
    return this.#host.textContent ?? "";
  }

  clear(): void {
    this.#host.replaceChildren();
    this.#close();
    this.length = 0;
  }

  append(text: string): void {
    for (let rest = text; rest; ) {
      const room = Math.max(0, LONG - this.#blockLength);
      const end = rest.length > room ? rest.indexOf("\n", room) : -1;
      // A line break at the end of a block shows nothing, but keeps the text whole.
      const piece = end < 0 ? rest : rest.slice(0, end + 1);
      this.#extend(piece);
      if (end >= 0) this.#close();
      rest = rest.slice(piece.length);
    }
  }

  #extend(text: string): void {
    this.#block ??= this.#host.appendChild(document.createElement("div"));
    if (this.#node && this.#node.length < LONG) this.#node.appendData(text);
    else this.#node = this.#block.appendChild(document.createTextNode(text));
    this.#blockLength += text.length;
    this.length += text.length;
  }

  #close(): void {
    this.#block = this.#node = null;
    this.#blockLength = 0;
  }
}
