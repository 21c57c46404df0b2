/** Takes code apart for its colours; fetched when the first piece of code is closed. */

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import type { HighlightNode } from "./surroundings";

const LANGUAGES = {
  bash, c, cpp, csharp, css, diff, go, java, javascript, json, python, ruby, rust, sql, typescript, xml, yaml,
};
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** The library's own tree, which it would make HTML of. */
interface Tree {
  readonly rootNode: HighlightNode & object;
}

/** Take `code` apart; `null` if the language is none of the above. */
export function highlight(code: string, language: string): readonly HighlightNode[] | null {
  const name = language.toLowerCase();
  if (!/^[a-z0-9+#-]{1,20}$/.test(name) || !hljs.getLanguage(name)) return null;
  const { _emitter: tree } = hljs.highlight(code, { language: name, ignoreIllegals: true });
  return (tree as unknown as Tree).rootNode.children.map(simplified);
}

/** Of a scope such as `title.function`, the first word is enough for a colour; a language within another has none. */
function simplified(node: HighlightNode): HighlightNode {
  if (typeof node === "string") return node;
  const scope = /^[a-z-]+(?=\.|$)/.exec(node.scope ?? "")?.[0];
  return { scope, children: node.children.map(simplified) };
}
