/** The tree that a conversation's messages are, as far as they are known. */

import type { State } from "./conversation";
import type { Message } from "./objects";

/** The messages that answer to one, or begin a conversation, in the order of their making. */
type Families = ReadonlyMap<string | null, readonly Message[]>;

const NONE: Families = new Map();
const KNOWN = new WeakMap<State["messages"], ReadonlyMap<string, Families>>();

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

/** Return the ids of all that answers to the same as `message`, itself included, in the order of their making. */
export function siblings(state: State, message: Message): readonly string[] {
  const family = familiesOf(state, message.conversation).get(message.parent) ?? [message];
  const ids = new Set(family.flatMap((member) => [member.id, ...(member.siblings ?? [])]));
  return [...ids].sort(compare);
}

/** Say whether the branch shown is known up to its head, and down to what a page of it begins with. */
export function isWhole(state: State, conversation: string): boolean {
  const head = state.conversations.get(conversation)?.head;
  if (head && !state.messages.has(head)) return false;
  const first = branch(state, conversation)[0];
  return !first || first.parent === null || state.threads.get(conversation)?.older.has(first.id) === true;
}

/**
 * Return the last message of the branch shown: the head, or what was answered to it since.
 *
 * Conversation and messages travel apart: while a head is not known, what was shown before it stays.
 */
function leaf(state: State, conversation: string): Message | undefined {
  const families = familiesOf(state, conversation);
  const head = state.conversations.get(conversation)?.head;
  let shown = known(state, head) ?? known(state, state.leaves.get(conversation)) ?? newest([...families.values()].flat());
  for (let child = shown; child; child = newest(families.get(child.id) ?? [])) shown = child;
  return shown;
}

function known(state: State, id: string | null | undefined): Message | undefined {
  return id ? state.messages.get(id) : undefined;
}

function newest(messages: readonly Message[]): Message | undefined {
  return messages.reduce<Message | undefined>((last, one) => (last && compare(last.id, one.id) > 0 ? last : one), undefined);
}

function familiesOf(state: State, conversation: string): Families {
  let known = KNOWN.get(state.messages);
  if (!known) KNOWN.set(state.messages, (known = group(state.messages.values())));
  return known.get(conversation) ?? NONE;
}

function group(messages: Iterable<Message>): ReadonlyMap<string, Families> {
  const conversations = new Map<string, Map<string | null, Message[]>>();
  for (const message of messages) {
    const families = conversations.get(message.conversation) ?? new Map<string | null, Message[]>();
    conversations.set(message.conversation, families);
    const family = families.get(message.parent);
    if (family) family.push(message);
    else families.set(message.parent, [message]);
  }
  return conversations;
}

/** Order texts by code unit; ids (UUIDv7) and times are made so that this is the order of their making. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
