/** A fence at the top that is still open: its lines are code, whatever they say, until one closes it. */

import type { CodeBlock } from "./code-block";

const OPENING = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;

export class OpenFence {
  readonly #code: CodeBlock;
  readonly #indent: number;
  readonly #closing: RegExp;
  /** What the line that is not complete yet may be before it closes: shown only when it turns out not to. */
  readonly #mayClose: RegExp;
  /** The line that is not complete yet, as far as it is not shown. */
  #held = "";
  /** Whether some of that line is shown already. */
  #begun = false;
  /** Whether a line break is due before whatever is shown next. */
  #due = false;

  private constructor(code: CodeBlock, indent: number, marker: string) {
    const [character = ""] = marker;
    this.#code = code;
    // The lexer takes the indentation of a fence of backticks away from its lines, and leaves that of the others.
    this.#indent = character === "`" ? indent : 0;
    this.#closing = new RegExp(`^ {0,3}${character}{${marker.length},} *$`);
    this.#mayClose = new RegExp(`^ *${character}* *$`);
  }

  /** Return the open fence that `text` consists of, if it does; `code` is what shows it. */
  static within(text: string, code: () => CodeBlock | null): OpenFence | null {
    const [opening, indent = "", marker = "", info = ""] = OPENING.exec(text) ?? [];
    if (opening === undefined || (marker.startsWith("`") && info.includes("`"))) return null;
    const block = code();
    if (!block) return null;
    const fence = new OpenFence(block, indent.length, marker);
    block.show("");
    return fence.take(text.slice(opening.length)) ? fence : null;
  }

  /** Show what came; return whether the fence is still open. */
  take(text: string): boolean {
    const lines = text.split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      const whole = this.#held + line;
      if (!this.#begun && this.#closing.test(whole)) return false;
      this.#show(whole);
      this.#held = "";
      this.#begun = false;
      this.#due = true;
    }
    this.#held += last;
    if (this.#begun || !this.#mayClose.test(this.#held)) {
      this.#show(this.#held);
      this.#held = "";
      this.#begun = true;
    }
    return true;
  }

  #show(text: string): void {
    const line = this.#begun ? text : text.slice(Math.min(/^\s*/.exec(text)?.[0].length ?? 0, this.#indent));
    this.#code.append((this.#due ? "\n" : "") + line);
    this.#due = false;
  }
}
