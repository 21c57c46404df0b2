/** What a rendered text stands in: its document, its words, and what is fetched only when it is needed. */

import type { Labels } from "./labels";

/** A piece of highlighted code: text, or a scope and what is in it. */
export type HighlightNode = string | { readonly scope?: string | undefined; readonly children: readonly HighlightNode[] };

/** Takes code apart; `null` if it does not know the language. */
export type Highlight = (code: string, language: string) => readonly HighlightNode[] | null;

/** Draws a formula; `null` if it is none. */
export type DrawMath = (tex: string, display: boolean, document: Document) => Node | null;

/** Fetches something when it is needed for the first time. */
export type Loader<T> = () => Promise<T>;

/** Something that is fetched once, when it is first asked for. */
export class Lazy<T> {
  /** What was fetched, once it is there. */
  value: T | null = null;
  #load: Loader<T>;
  #waiting: ((value: T) => void)[] | null = null;

  constructor(load: Loader<T>) {
    this.#load = load;
  }

  /** Call `use` with it: at once if it is there, else when it has come; never if it can't be fetched. */
  with(use: (value: T) => void): void {
    if (this.value !== null) {
      use(this.value);
      return;
    }
    if (this.#waiting) {
      this.#waiting.push(use);
      return;
    }
    this.#waiting = [use];
    this.#load().then(
      (value) => {
        this.value = value;
        for (const each of this.#waiting ?? []) each(value);
        this.#waiting = null;
      },
      () => {
        // What would be nicer stays as it is; the next that needs it tries again.
        this.#waiting = null;
      },
    );
  }
}

export interface Surroundings {
  readonly document: Document;
  readonly labels: Labels;
  readonly highlight: Lazy<Highlight> | null;
  readonly math: Lazy<DrawMath> | null;
  /** Called for every box that may have to be scrolled. */
  readonly scrolls: (box: HTMLElement) => void;
}
