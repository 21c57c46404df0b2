/**
 * What was here last, kept for a start without a connection: the list, and the conversations that were opened last.
 *
 * It is a copy that may be out of date: whatever the server says replaces it.
 */

import { EMPTY, reduce } from "./conversation";
import type { State } from "./conversation";
import type { Conversation, ConversationPage, Message } from "./objects";
import type { Keeper } from "./outbox";
import { parseConversationPage, parseConversationsPage } from "./protocol";
import { listed, runOf } from "./selectors";
import { branch } from "./tree";

/** How much is kept at most: entries of the list, conversations with messages, and their size in UTF-16 code units. */
export const KEPT = { conversations: 50, threads: 20, thread: 200_000, all: 900_000 };

const LIST = "onesocket:last";
const keyOf = (conversation: string): string => `${LIST}:${conversation}`;

/** Keeps texts in `keeper`, which is one user's. */
export class Snapshot {
  readonly #keeper: Keeper;
  /** What was written of each conversation, so that it is not written again. */
  readonly #written = new Map<string, string>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** Keep what is known, as it is now; `opened` is the conversation that is being looked at. */
  keep(state: State, opened: string | null): void {
    const { conversations } = state;
    const there = (id: string): boolean => conversations.get(id)?.deleted === undefined && conversations.has(id);
    let threads = this.#threads().filter(there);
    if (opened !== null && there(opened) && this.#keepThread(state, opened)) {
      threads = [opened, ...threads.filter((id) => id !== opened)];
    }
    this.#write(listed(conversations).slice(0, KEPT.conversations), this.#bounded(threads));
  }

  /** Return what was kept as a state; `null` if there is nothing that can be read. */
  recall(): State | null {
    try {
      const text = this.#keeper.getItem(LIST);
      if (text === null) return null;
      const page = parseConversationsPage(JSON.parse(text));
      let { state } = reduce(EMPTY, { type: "conversations", page });
      for (const id of this.#threads()) {
        const kept = this.#keeper.getItem(keyOf(id));
        if (kept !== null) ({ state } = reduce(state, { type: "thread", page: parseConversationPage(JSON.parse(kept)) }));
      }
      const threads = [...state.threads].map(([id, thread]) => [id, { ...thread, fresh: false }] as const);
      // Where more is, and what has happened since, only the server knows.
      return { ...state, next: undefined, threads: new Map(threads) };
    } catch {
      this.clear();
      return null;
    }
  }

  /** Keep nothing any more. */
  clear(): void {
    this.#written.clear();
    const keys = Array.from({ length: this.#keeper.length }, (_, index) => this.#keeper.key(index) ?? "");
    for (const key of keys) if (key === LIST || key.startsWith(keyOf(""))) this.#keeper.removeItem(key);
  }

  /** Write a conversation's messages if they changed; return whether they are kept. */
  #keepThread(state: State, id: string): boolean {
    const page = pageOf(state, id);
    if (!page) return this.#written.has(id);
    const mark = [page.conversation.version, ...page.messages.map(markOf(state))].join(" ");
    if (this.#written.get(id) === mark) return true;
    const text = bounded(page, state);
    if (text === null || !this.#put(keyOf(id), text)) return false;
    this.#written.set(id, mark);
    return true;
  }

  /** Return the threads that may stay, the last opened first; the others go. */
  #bounded(threads: readonly string[]): string[] {
    let room = KEPT.all;
    const kept = threads.slice(0, KEPT.threads).filter((id) => {
      room -= this.#keeper.getItem(keyOf(id))?.length ?? 0;
      return room >= 0;
    });
    for (const id of this.#threads()) if (!kept.includes(id)) this.#drop(id);
    return kept;
  }

  #write(conversations: readonly Conversation[], threads: readonly string[]): void {
    const text = JSON.stringify({ conversations, next: null, threads });
    if (text !== this.#keeper.getItem(LIST) && !this.#put(LIST, text)) this.clear();
  }

  /** Write a text; say whether there was room. */
  #put(key: string, text: string): boolean {
    try {
      this.#keeper.setItem(key, text);
      return true;
    } catch {
      // Drafts and prompts need the room more than a copy does.
      this.clear();
      return false;
    }
  }

  #drop(id: string): void {
    this.#written.delete(id);
    this.#keeper.removeItem(keyOf(id));
  }

  #threads(): string[] {
    try {
      const kept = JSON.parse(this.#keeper.getItem(LIST) ?? "{}") as { threads?: unknown };
      return Array.isArray(kept.threads) ? kept.threads.filter((id) => typeof id === "string") : [];
    } catch {
      return [];
    }
  }
}

/** Return what is known of a conversation, whole messages only; `null` where that is nothing. */
function pageOf(state: State, id: string): ConversationPage | null {
  const conversation = state.conversations.get(id);
  const messages = branch(state, id);
  const broken = messages.findLastIndex(({ truncated }) => truncated);
  return conversation && messages.length > broken + 1
    ? { conversation, messages: messages.slice(broken + 1), next: null }
    : null;
}

/** Return the newest messages of a page as text, cut where it is known what is before; `null` if they are too long. */
function bounded({ conversation, messages }: ConversationPage, state: State): string | null {
  const older = state.threads.get(conversation.id)?.older;
  let text: string | null = null;
  let length = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at] as Message;
    length += message.parts.reduce((sum, part) => sum + (part.text?.length ?? 0), 500);
    if (length > KEPT.thread) break;
    const next = older?.get(message.id) ?? null;
    if (next === null && message.parent !== null) continue;
    const page = { conversation, messages: messages.slice(at).map((each) => wire(each, state)), next };
    const whole = JSON.stringify(page);
    if (whole.length > KEPT.thread) break;
    text = whole;
  }
  return text;
}

/** Return a message as it travels: with the text that has come since it was told. */
function wire(message: Message, state: State): object {
  const { leftOut: _, reasoningMs: __, run: told, ...rest } = message;
  const run = told && runOf(state, message);
  const { leftOut, reasoningMs } = { ...message, ...run?.metadata };
  return {
    ...rest,
    ...(leftOut !== undefined || reasoningMs !== undefined) && {
      metadata: { ...(leftOut !== undefined && { context: { left_out: leftOut } }), reasoning_ms: reasoningMs },
    },
    ...(told && run && {
      run: { id: told.id, attempt: run.attempt, seq: run.seq, status: run.status, ...run.outcome },
      parts: [...run.parts].map(([id, part]) => ({ id, type: part.type, text: part.text })),
    }),
  };
}

/** Return what tells one state of a message from another. */
function markOf(state: State): (message: Message) => string {
  return (message) => {
    const run = runOf(state, message);
    return `${message.id}:${message.version}:${run.attempt}:${run.seq}`;
  };
}
