/** A piece of code that may be growing: its language, a button that copies it, and its lines in chunks. */

import { whenIdle } from "./idle";
import { paint } from "./paint";
import type { Surroundings } from "./surroundings";
import { commonPrefix, firstLines } from "./texts";

/** Lines of a chunk: a block of its own, so that what is appended lays out the last chunk only. */
const CHUNK_LINES = 40;

/** UTF-16 code units beyond which code is not highlighted: it would take the page's breath away. */
const LONGEST_HIGHLIGHTED = 40_000;

export class CodeBlock {
  readonly node: HTMLElement;
  readonly language: string;
  readonly #surroundings: Surroundings;
  readonly #code: HTMLElement;
  readonly #chunks: Text[] = [];
  /** Of the text shown, in UTF-16 code units. */
  #length = 0;
  /** Line breaks that the last chunk still takes. */
  #room = 0;

  constructor(language: string, surroundings: Surroundings) {
    const { document, labels } = surroundings;
    this.language = language;
    this.#surroundings = surroundings;
    const make = (tag: string, attributes: Record<string, string>, ...within: Node[]): HTMLElement => {
      const element = document.createElement(tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      element.append(...within);
      return element;
    };
    const copy = make("button", { type: "button", class: "md-copy" }, document.createTextNode(labels.copy));
    const name = make("span", { class: "md-language" }, document.createTextNode(language));
    this.#code = make("code", language ? { class: `language-${language}` } : {});
    const lines = make("pre", { role: "group", "aria-label": labels.code(language) }, this.#code);
    this.node = make("div", { class: "md-code", dir: "ltr" }, make("div", { class: "md-code-head" }, name, copy), lines);
    surroundings.scrolls(lines);
  }

  /** Show `text`, leaving alone what is there of it already. */
  show(text: string): void {
    const same = commonPrefix(this.#chunks.map(({ data }) => data).join(""), text);
    this.#cut(same);
    this.append(text.slice(same));
  }

  /** Go on with `text`. */
  append(text: string): void {
    this.#length += text.length;
    for (let rest = text; rest; ) {
      if (this.#room === 0) this.#begin();
      const { piece, breaks } = firstLines(rest, this.#room);
      this.#chunks.at(-1)?.appendData(piece);
      this.#room -= breaks;
      rest = rest.slice(piece.length);
    }
  }

  /** Nothing will be appended any more: highlight it, when there is time. */
  settle(): void {
    const { highlight, document } = this.#surroundings;
    if (!highlight || !this.language || this.#length === 0 || this.#length > LONGEST_HIGHLIGHTED) return;
    const work = (): void => {
      if (!this.node.isConnected) return;
      if (isSelected(this.#code)) {
        // New elements would take the selection away.
        setTimeout(() => whenIdle(work), 1000);
        return;
      }
      highlight.with((take) => {
        const nodes = take(this.#chunks.map(({ data }) => data).join(""), this.language);
        if (nodes) paint(this.#chunks, nodes, document);
      });
    };
    whenIdle(work);
  }

  #begin(): void {
    const { document } = this.#surroundings;
    const chunk = document.createElement("span");
    chunk.setAttribute("class", "md-chunk");
    this.#chunks.push(chunk.appendChild(document.createTextNode("")));
    this.#code.append(chunk);
    this.#room = CHUNK_LINES;
  }

  /** Leave the first `length` code units only. */
  #cut(length: number): void {
    while (this.#length > length) {
      const last = this.#chunks.at(-1) as Text;
      const start = this.#length - last.length;
      if (start < length) {
        last.deleteData(length - start, this.#length - length);
        this.#room = CHUNK_LINES - (last.data.split("\n").length - 1);
      } else {
        this.#chunks.pop();
        this.#code.removeChild(last.parentNode as Node);
        this.#room = 0;
      }
      this.#length = Math.max(start, length);
    }
  }
}

function isSelected(element: Element): boolean {
  const selection = element.ownerDocument.getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(element, true);
}
