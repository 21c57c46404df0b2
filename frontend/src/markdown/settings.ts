/** What a page may want otherwise, and what it gets if it wants nothing. */

import { ENGLISH } from "./labels";
import type { Labels } from "./labels";
import { watchScrolling } from "./scrolling";
import { Lazy } from "./surroundings";
import type { DrawMath, Highlight, Loader, Surroundings } from "./surroundings";

export interface MarkdownOptions {
  /** The words of buttons and names; English for those that are missing. */
  readonly labels?: Partial<Labels>;
  /** Level of a heading that is written with one `#`; 2 if not given, since the page has a first one of its own. */
  readonly headingLevel?: number;
  /** Milliseconds of work from which on what is appended is shown with a delay; 8 if not given. A very long block needs it. */
  readonly workAtOnce?: number;
  /** Copies a text; the clipboard if not given. Says whether it could. */
  readonly copy?: (text: string) => Promise<boolean>;
  /** Fetches what highlights code; `null`: code is not highlighted. */
  readonly highlight?: Loader<Highlight> | null;
  /** Fetches what draws math; `null`: formulas stay as they were written. */
  readonly math?: Loader<DrawMath> | null;
}

// Once per page, however many texts there are.
const HIGHLIGHT = new Lazy<Highlight>(async () => (await import("./highlight")).highlight);
const MATH = new Lazy<DrawMath>(async () => (await import("./math")).drawMath);

/** Return what a text in `host` stands in. */
export function surroundingsOf(host: HTMLElement, options: MarkdownOptions): Surroundings {
  return {
    document: host.ownerDocument,
    labels: { ...ENGLISH, ...options.labels },
    highlight: lazy(options.highlight, HIGHLIGHT),
    math: lazy(options.math, MATH),
    scrolls: watchScrolling,
  };
}

function lazy<T>(load: Loader<T> | null | undefined, usual: Lazy<T>): Lazy<T> | null {
  if (load === null) return null;
  return load ? new Lazy(load) : usual;
}
