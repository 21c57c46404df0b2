/** Where prompts stand that the server does not have yet. */

import type { Message } from "./objects";
import type { Prompt } from "./outbox";

/** A branch with the prompts that are on their way. */
export interface Placed {
  /** The branch as it will be: without what an edit or another answer, on its way now, takes the place of. */
  readonly messages: readonly Message[];
  /** What did not get there, or waits, by the message beside which it would stand. */
  readonly beside: ReadonlyMap<string, readonly Prompt[]>;
  /** What comes after the last message. */
  readonly last: readonly Prompt[];
}

/** Whether the server is being asked right now. */
export const isSending = ({ failure, waits }: Prompt): boolean => failure === undefined && !waits;

/** Put prompts of a conversation to the messages of its branch. */
export function place(messages: readonly Message[], prompts: readonly Prompt[]): Placed {
  const shown = new Set(messages.map(({ id }) => id));
  const beside = new Map<string, Prompt[]>();
  const last: Prompt[] = [];
  let end = messages.length;
  for (const prompt of prompts) {
    const of = prompt.beside;
    if (!of || !shown.has(of.message)) last.push(prompt);
    else if (isSending(prompt)) {
      last.push(prompt);
      const at = messages.findIndex(({ id }) => id === of.message);
      // What goes on stays in sight until it does.
      end = Math.min(end, of.kind === "continue" ? at + 1 : at);
    } else beside.set(of.message, [...(beside.get(of.message) ?? []), prompt]);
  }
  return { messages: end === messages.length ? messages : messages.slice(0, end), beside, last };
}
