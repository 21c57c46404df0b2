/** Documents without a browser, and what of them is compared. */

import { parseHTML } from "linkedom";
import { parseFragment } from "parse5";
import type { DefaultTreeAdapterTypes } from "parse5";
import { MarkdownView } from "../../src/markdown";
import type { MarkdownOptions } from "../../src/markdown";

/** Nothing is fetched: code stays plain, and formulas stay as they were written. */
const PLAIN: MarkdownOptions = { headingLevel: 1, highlight: null, math: null, workAtOnce: Infinity };

/** Return an element of a document, and what shows markdown in it. */
export function open(options: MarkdownOptions = {}): { host: HTMLElement; view: MarkdownView } {
  const { document } = parseHTML("<!doctype html><html><body><div></div></body></html>");
  const host = document.querySelector("div") as unknown as HTMLElement;
  return { host, view: new MarkdownView(host, { ...PLAIN, ...options }) };
}

/** Return what `text` looks like when it comes at once. */
export function rendered(text: string): HTMLElement {
  const { host, view } = open();
  view.render(text);
  return host;
}

/** Return all that an element is, in whatever order its attributes came. */
export function whole(node: Node): string {
  if (node.nodeType === 3) return escaped((node as Text).data);
  const element = node as HTMLElement;
  const attributes = Array.from(element.attributes).map(({ name, value }) => ` ${name}="${escaped(value)}"`).sort().join("");
  return `<${element.localName}${attributes}>${Array.from(element.childNodes).map(whole).join("")}</${element.localName}>`;
}

/** Where a link may lead, said once more than the renderer says it. */
const ALLOWED = /^(?:https?:\/\/[^/]|mailto:|tel:|#|\/(?![/\\]))/i;

/** Return an element as the specifications have it, with what our policy makes of its links and images. */
export function restricted({ name, text, attributes, children }: Simple): Simple[] {
  const within = children.flatMap(restricted);
  if (name === "a" && !ALLOWED.test(attributes["href"] ?? "")) return within;
  if (name !== "img") return [{ name, text, attributes, children: within }];
  const { src = "", alt = "" } = attributes;
  const plain = (words: string): Simple => ({ name: "", text: words, attributes: {}, children: [] });
  if (!ALLOWED.test(src) || /^(?:mailto|tel|#)/i.test(src)) return [plain(alt)];
  const host = /^https?:\/\/([^/]+)/.exec(src)?.[1];
  const words = `${alt ? `Open image: ${alt}` : "Open image"}${host ? ` (${host})` : ""}`;
  return [{ name: "a", text: "", attributes: { href: src }, children: [plain(words)] }];
}

/** An element or a text, however it was made. */
export interface Simple {
  readonly name: string;
  readonly text: string;
  readonly attributes: Record<string, string>;
  readonly children: Simple[];
}

/** What we add to what CommonMark and GFM ask for: how it opens, what it is called, which way it is written. */
const OURS = new Set(["aria-label", "dir", "rel", "role", "scope", "target"]);

/** Return an element as the specifications would have it. */
export function simplified(node: Node): Simple {
  if (node.nodeType === 3) return { name: "", text: node.textContent ?? "", attributes: {}, children: [] };
  const element = node as HTMLElement;
  const of = element.getAttribute("class") ?? "";
  if (of === "md-table") return simplified(element.firstChild as Node);
  if (of === "md-code") return simplifiedCode(element);
  const attributes: Record<string, string> = {};
  for (const { name, value } of Array.from(element.attributes)) {
    if (name === "data-align") attributes["align"] = value;
    else if (!OURS.has(name) && !(name === "class" && value.startsWith("md-"))) attributes[name] = value;
  }
  return { name: element.localName, text: "", attributes, children: Array.from(element.childNodes).map(simplified) };
}

function simplifiedCode(block: HTMLElement): Simple {
  const code = block.querySelector("pre > code") as HTMLElement;
  const text = code.textContent ?? "";
  const attributes: Record<string, string> = {};
  const language = code.getAttribute("class");
  if (language) attributes["class"] = language;
  const written: Simple = { name: "", text: text && !text.endsWith("\n") ? `${text}\n` : text, attributes: {}, children: [] };
  return { name: "pre", text: "", attributes: {}, children: [{ name: "code", text: "", attributes, children: [written] }] };
}

/** Return what is written as HTML. */
export function parsed(html: string): Simple {
  const fragment = parseFragment(html);
  return { name: "div", text: "", attributes: {}, children: fragment.childNodes.map(fromParsed) };
}

function fromParsed(node: DefaultTreeAdapterTypes.ChildNode): Simple {
  if ("value" in node) return { name: "", text: node.value, attributes: {}, children: [] };
  if (!("childNodes" in node)) return { name: node.nodeName, text: "", attributes: {}, children: [] };
  const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
  return { name: node.tagName, text: "", attributes, children: node.childNodes.map(fromParsed) };
}

const BLOCKS = new Set(
  ["blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tbody", "td", "th", "thead", "tr", "ul"],
);

/** Return HTML that differs only where something that is seen does. */
export function written(simple: Simple, exact = false): string {
  if (simple.name === "") return escaped(exact ? simple.text : simple.text.replace(/\s+/g, " "));
  const within = exact || simple.name === "pre";
  let children = simple.children.map((child) => written(child, within)).join("");
  if (!within && BLOCKS.has(simple.name)) children = children.trim();
  const attributes = Object.entries(simple.attributes).sort().map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
  const html = `<${simple.name}${attributes}>${children}</${simple.name}>`;
  return BLOCKS.has(simple.name) ? `\n${html}\n` : html;
}

/** Line breaks between blocks say nothing. */
export function compared(simple: Simple): string {
  return written(simple).replace(/\s*\n\s*(?=<)/g, "\n").replace(/(?<=>)\s*\n\s*/g, "\n")
    .replace(/<br><\/br>\s+/g, "<br></br>").trim();
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
