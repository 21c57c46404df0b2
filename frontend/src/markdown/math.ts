/** Draws formulas as MathML; fetched when the first formula is there. */

import temml from "temml";
import "temml/dist/Temml-Local.css";

/** A node as Temml describes it. */
interface Described {
  readonly type?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly classes?: readonly string[];
  readonly style?: Readonly<Record<string, string>>;
  readonly children?: readonly Described[];
}

/** Elements that show something and do nothing. */
const ELEMENTS = new Set([
  "math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
  "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
  "munderover", "none", "semantics",
]);
const ATTRIBUTES = new Set([
  "accent", "accentunder", "align", "columnalign", "columnlines", "columnspacing", "columnspan", "depth", "dir", "display",
  "displaystyle", "fence", "form", "frame", "framespacing", "height", "largeop", "linebreak", "linethickness", "lspace",
  "mathbackground", "mathcolor", "mathsize", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowalign",
  "rowlines", "rowspacing", "rowspan", "rspace", "scriptlevel", "separator", "side", "stretchy", "symmetric", "voffset", "width",
]);
const MATHML = "http://www.w3.org/1998/Math/MathML";

/** Largest sizes that a formula may ask for, in em: absolute, and relative to its own. */
const LARGEST: [number, number] = [40, 10];

/** Draw a formula; return `null` if it is none, or draws something else than mathematics. */
export function drawMath(tex: string, display: boolean, document: Document): Node | null {
  try {
    const tree = temml.__renderToMathMLTree(tex, {
      displayMode: display, throwOnError: true, trust: false, strict: false, maxSize: LARGEST, maxExpand: 500, macros: {},
    }) as Described;
    return drawn(tree, document);
  } catch {
    return null;
  }
}

/** Make nodes of what Temml describes: elements and attributes by an allow-list, styles as properties, never as text. */
function drawn(described: Described, document: Document): Node {
  const { type, text, children = [] } = described;
  if (type === undefined && text !== undefined) return document.createTextNode(text);
  const node = type !== undefined && ELEMENTS.has(type)
    ? styled(document.createElementNS(MATHML, type) as MathMLElement, described)
    : document.createDocumentFragment();
  for (const child of children) node.appendChild(drawn(child, document));
  return node;
}

function styled(element: MathMLElement, { attributes = {}, classes = [], style = {} }: Described): MathMLElement {
  for (const [name, value] of Object.entries(attributes)) if (ATTRIBUTES.has(name)) element.setAttribute(name, String(value));
  if (classes.length > 0) element.setAttribute("class", classes.filter(Boolean).join(" "));
  for (const [name, value] of Object.entries(style)) {
    if (!/url\s*\(/i.test(value)) Object.assign(element.style, { [name]: value });
  }
  return element;
}
