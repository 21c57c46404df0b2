/**
 * Markdown that grows: shows a text while it is being written, and depends on nothing else of this project.
 *
 * ```ts
 * import { MarkdownView } from "./markdown";
 * import "./markdown/markdown.css";
 *
 * const view = new MarkdownView(document.querySelector("#answer"), { labels: { copy: "Kopieren" } });
 * for await (const delta of deltas) view.append(delta);
 * view.finish();
 * ```
 *
 * What is shown at the end depends on the text alone, not on the pieces that it came in. A selection survives what is
 * appended after it. Nothing that a text says is executed or fetched: no HTML is made of it (it works under
 * `require-trusted-types-for 'script'` and without inline styles), links are let through by an allow-list, images are
 * links. Code is highlighted and formulas are drawn by files of their own, which are fetched when they are needed.
 */

export { copyText } from "./clipboard";
export type { Labels } from "./labels";
export type { MarkdownOptions } from "./settings";
export type { DrawMath, Highlight, HighlightNode, Loader } from "./surroundings";
export { MarkdownView } from "./view";
