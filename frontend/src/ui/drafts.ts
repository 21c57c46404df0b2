/** What is being written: one draft per thread, kept over reloads. */

import { isNew } from "../core";
import type { Keeper } from "../core";

const keyOf = (thread: string): string => `onesocket:draft:${isNew(thread) ? "new" : thread}`;

/** Return what was being written in a thread. */
export function readDraft(keeper: Keeper, thread: string): string {
  return keeper.getItem(keyOf(thread)) ?? "";
}

/** Keep what is being written in a thread. */
export function writeDraft(keeper: Keeper, thread: string, text: string): void {
  try {
    if (text) keeper.setItem(keyOf(thread), text);
    else keeper.removeItem(keyOf(thread));
  } catch {
    // Storage is full: the draft lives as long as the page then.
  }
}
