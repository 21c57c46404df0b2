/** What counts as math in a text: `$$…$$`, `\[…\]`, `\(…\)`, and `$…$` where it can't be money. */

/** A formula in a text. */
export interface MathToken {
  type: "math";
  raw: string;
  /** The TeX between the delimiters. */
  text: string;
  /** Whether it stands on lines of its own. */
  display: boolean;
  /** Whether its end has not come yet, which only the last block of a growing text may say. */
  open?: boolean;
}

// In each body a character is matched by one alternative only, so that no input makes these backtrack.
const IN_DOLLARS = String.raw`[^$\\\n]|\\[\s\S]|\$(?!\$)|\n(?![ \t]*(?:\n|$))`;
const IN_BRACKETS = String.raw`[^\\\n]|\\[^[\]]|\n(?![ \t]*(?:\n|$))`;
const DOLLARS = String.raw`\$\$((?:${IN_DOLLARS})+)\$\$`;
const BRACKETS = String.raw`\\\[((?:${IN_BRACKETS})+)\\\]`;
const PARENTHESES = String.raw`\\\(((?:[^\\]|\\[^()])+)\\\)`;
/** As Pandoc has it: no space inside the dollars, no digit behind them. */
const DOLLAR = String.raw`\$((?![\s$])(?:[^$\\\n]|\\[^\n])*(?:[^$\\\s]|\\\S))\$(?![\d$])`;

const BLOCK = new RegExp(String.raw` {0,3}(?:${DOLLARS}|${BRACKETS})[ \t]*(?:\n|$)`, "y");
const BEGUN_BLOCK = new RegExp(String.raw` {0,3}(?:\$\$((?:${IN_DOLLARS})*)|\\\[((?:${IN_BRACKETS})*))`, "y");
const INLINE = new RegExp(`${DOLLARS}|${BRACKETS}|${PARENTHESES}|${DOLLAR}`, "y");
const LINE_OF_MATH = /\n {0,3}(?=\$\$|\\\[)/g;

/** Return the formula that begins `source` as a block; one without an end only if `open` says so. */
export function blockMath(source: string, open: boolean): MathToken | null {
  const match = at(BLOCK, source, 0);
  if (match) return { type: "math", raw: match[0], text: (match[1] ?? match[2] ?? "").trim(), display: true };
  const begun = open ? begunBlock(source, 0) : null;
  return begun === null ? null : { type: "math", raw: source, text: begun.trim(), display: true, open };
}

/** Return where in the paragraph that begins `source` a formula on lines of its own begins. */
export function blockMathStart(source: string, open: boolean): number | undefined {
  if (!source.includes("$$") && !source.includes("\\[")) return undefined;
  const end = source.search(/\n[ \t]*\n/);
  const paragraph = end < 0 ? source : source.slice(0, end + 1);
  for (const { index } of paragraph.matchAll(LINE_OF_MATH)) {
    if (at(BLOCK, source, index + 1) || (open && begunBlock(source, index + 1) !== null)) return index + 1;
  }
  return undefined;
}

/** Return the formula that begins `source` within a line. */
export function inlineMath(source: string): MathToken | undefined {
  const first = source.charCodeAt(0);
  if (first !== 36 && first !== 92) return undefined; // "$" and "\"
  const match = at(INLINE, source, 0);
  return match ? inlineToken(match) : undefined;
}

/** Return where in a text the next `$` is that may begin a formula; letters and digits before it make it money. */
export function dollarIn(text: string): number {
  for (let index = text.indexOf("$", 1); index > 0; index = text.indexOf("$", index + 1)) {
    if (!/[\p{L}\p{N}$]/u.test(text[index - 1] ?? "")) return index;
  }
  return -1;
}

/** Hide formulas from the search for emphasis: `masked` is `source` with other things hidden, as long as that. */
export function maskMath(source: string, masked: string): string {
  if (masked.length !== source.length || !/\$|\\[([]/.test(source)) return masked;
  let result = "";
  let done = 0;
  for (let index = 0; index < source.length; ) {
    const begins = masked[index] === "$" || (masked[index] === "+" && source[index] === "\\");
    const match = begins ? at(INLINE, source, index) : null;
    if (!match) {
      index += begins && source[index] === "\\" ? 2 : 1;
      continue;
    }
    result += `${masked.slice(done, index)}[${"a".repeat(match[0].length - 2)}]`;
    done = index += match[0].length;
  }
  return result + masked.slice(done);
}

/** Return the body of a formula that begins there as a block, and goes on to the end of the text. */
function begunBlock(source: string, index: number): string | null {
  const match = at(BEGUN_BLOCK, source, index);
  return match && /^\\?\n?[ \t]*$/.test(source.slice(index + match[0].length)) ? (match[1] ?? match[2] ?? "") : null;
}

function inlineToken(match: RegExpExecArray): MathToken {
  const [raw, dollars, brackets, parentheses, dollar] = match;
  const text = dollars ?? brackets ?? parentheses ?? dollar ?? "";
  return { type: "math", raw, text: text.trim(), display: dollars !== undefined || brackets !== undefined };
}

function at(pattern: RegExp, source: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(source);
}
