/** Goes to a message, wherever in its conversation it is. */

import { reach } from "../core";
import type { Reachable } from "../core";
import { conversationIn } from "./place";

/** Milliseconds that a message may take to be drawn once it is known. */
const PATIENCE = 3000;

/** The event by which the view around a message hears that it is to be shown. */
export const SOUGHT = "sought";

let now: { readonly message: string; readonly end: AbortController } | null = null;
const watchers = new Set<() => void>();

/** Return the message that is being sought right now, if one is. */
export const soughtNow = (): string | null => now?.message ?? null;

/** Call `watcher` whenever a message is sought, until the function returned is called. */
export function watchSeeking(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Let go of what is being sought: the reader wants to be elsewhere. */
export function stopSeeking(): void {
  now?.end.abort();
}

/**
 * Show a message of the conversation that is being opened, as soon as it is there; what is sought last counts.
 *
 * @throws {CallError} It could not be fetched.
 */
export async function seek(chat: Reachable, conversation: string, message: string): Promise<void> {
  stopSeeking();
  const end = new AbortController();
  const { signal } = end;
  now = { message, end };
  signal.addEventListener("abort", () => {
    if (now?.end === end) now = null;
  });
  addEventListener("hashchange", () => conversationIn(location.hash) !== conversation && stopSeeking(), { signal });
  for (const watcher of watchers) watcher();
  try {
    if (await reach(chat, conversation, message, signal)) showOnceDrawn(message, end);
    else end.abort();
  } catch (error) {
    if (signal.aborted) return;
    end.abort();
    throw error;
  }
}

function showOnceDrawn(message: string, end: AbortController): void {
  const look = (): void => {
    const found = document.querySelector(`[data-message="${CSS.escape(message)}"]`);
    if (!found || end.signal.aborted) return;
    end.abort();
    // A conversation that opens goes to its end first.
    requestAnimationFrame(() => requestAnimationFrame(() => found.dispatchEvent(new Event(SOUGHT, { bubbles: true }))));
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  end.signal.addEventListener("abort", () => observer.disconnect());
  setTimeout(() => end.abort(), PATIENCE);
  look();
}
