/** Objects for tests: valid ones, of which a test names only what it is about. */

import { crc32, hexadecimal } from "../src/core/crc32";
import type { Chunk, Conversation, Message, RunEvent, RunState, RunStatus } from "../src/core/protocol";

const TIME = "2026-11-24T08:00:00.000Z";

export function conversation(id: string, changes: Partial<Conversation> = {}): Conversation {
  return { id, title: id, created_at: TIME, updated_at: TIME, head: null, version: 1, ...changes };
}

export function userMessage(id: string, conversation: string, changes: Partial<Message> = {}): Message {
  const parts = [{ id: "1", type: "text", text: `text of ${id}` }];
  return { id, conversation, parent: null, role: "user", created_at: TIME, version: 1, parts, ...changes };
}

export function status(id: string, seq: number, changes: Partial<RunStatus> = {}): RunStatus {
  return { id, attempt: 1, seq, status: "running", ...changes };
}

export function reply(id: string, to: Message, run: RunStatus, text = ""): Message {
  const parts = text ? [{ id: "1", type: "text", text }] : [];
  return { ...userMessage(id, to.conversation), role: "assistant", parent: to.id, parts, run };
}

export function runEvent(run: string, seq: number, chunks: readonly Chunk[]): RunEvent {
  return { type: "run", conversation: "c1", message: "a1", run, attempt: 1, seq, chunks };
}

export const delta = (text: string): Chunk => ({ type: "text-delta", id: "1", delta: text });

export const ending = (text: string): Chunk => ({
  type: "run-end", status: "completed", finish_reason: "stop",
  parts: [{ id: "1", length: text.length, crc32: hexadecimal(crc32(text)) }],
});

export function runState(run: RunStatus, text: string): RunState {
  return { conversation: "c1", message: "a1", run, parts: [{ id: "1", type: "text", text }] };
}

/** A place to keep texts, as the browser's `localStorage`. */
export class MemoryKeeper {
  readonly texts = new Map<string, string>();
  get length(): number { return this.texts.size; }
  key(index: number): string | null { return [...this.texts.keys()][index] ?? null; }
  getItem(key: string): string | null { return this.texts.get(key) ?? null; }
  setItem(key: string, value: string): void { this.texts.set(key, value); }
  removeItem(key: string): void { this.texts.delete(key); }
}
