/** What a page shows of a {@link State}. */

import type { State } from "./conversation";
import type { Conversation, Message } from "./objects";
import { heldParts, Run } from "./reducer";

/** Return the conversations that are there, the last changed first. */
export function listed(conversations: State["conversations"]): Conversation[] {
  return [...conversations.values()]
    .filter(({ deleted }) => !deleted)
    .sort((one, other) => compare(other.updated_at, one.updated_at) || compare(other.id, one.id));
}

/** Return the branch of a conversation that is shown, as far as it is known, in order. */
export function branch(state: State, conversation: string): Message[] {
  const messages: Message[] = [];
  const seen = new Set<string>();
  let message = leaf(state, conversation);
  while (message && !seen.has(message.id)) {
    seen.add(message.id);
    messages.push(message);
    message = message.parent === null ? undefined : state.messages.get(message.parent);
  }
  return messages.reverse();
}

/**
 * Return the last message of the branch shown: the head, or what was answered to it since.
 *
 * Conversation and messages travel apart, so a head may be known before its message, or after.
 */
function leaf(state: State, conversation: string): Message | undefined {
  const known = [...state.messages.values()].filter((message) => message.conversation === conversation);
  const newest = (messages: readonly Message[]): Message | undefined =>
    [...messages].sort((one, other) => compare(one.id, other.id)).at(-1);
  const head = state.conversations.get(conversation)?.head;
  let shown = (head ? state.messages.get(head) : undefined) ?? newest(known);
  for (let child = shown; child; child = newest(known.filter(({ parent }) => parent === child?.id))) shown = child;
  return shown;
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

/** Order texts by code unit; ids (UUIDv7) and times are made so that this is the order of their making. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
