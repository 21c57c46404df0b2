/** What a page shows of a {@link State}. */

import type { State } from "./conversation";
import type { Conversation, Message } from "./objects";
import { heldParts, Run } from "./reducer";
import { compare } from "./tree";

/** Return the conversations that are there, the last changed first. */
export function listed(conversations: State["conversations"]): Conversation[] {
  return [...conversations.values()]
    .filter(({ deleted }) => !deleted)
    .sort((one, other) => compare(other.updated_at, one.updated_at) || compare(other.id, one.id));
}

/** Return the cursor of what comes before the branch's first message known; `null` where it is complete. */
export function olderCursor(state: State, conversation: string, messages: readonly Message[]): string | null {
  const first = messages[0];
  return (first && state.threads.get(conversation)?.older.get(first.id)) ?? null;
}

/** Return the run that answers in this branch right now. */
export function runningRun(state: State, messages: readonly Message[]): { id: string; run: Run } | null {
  for (const { run: told } of [...messages].reverse()) {
    const run = told && state.runs.get(told.id);
    if (told && run && !run.ended) return { id: told.id, run };
  }
  return null;
}

/** Return the id of the run that is going in a conversation, on whatever branch. */
export function runIn(state: State, conversation: string): string | null {
  for (const [id, run] of state.runs) if (run.conversation === conversation && !run.ended) return id;
  return null;
}

const UNTOLD = new Run();
const WHOLE = new WeakMap<Message, Run>();

/** Return the run that an answer comes from; a message that names none is whole as it is. */
export function runOf(state: State, message: Message): Run {
  if (message.run) return state.runs.get(message.run.id) ?? UNTOLD;
  let run = WHOLE.get(message);
  if (!run) {
    WHOLE.set(message, (run = new Run()));
    run.status = "completed";
    run.parts = heldParts(message.parts);
  }
  return run;
}
