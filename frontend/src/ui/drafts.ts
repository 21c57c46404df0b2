/** What is being written: one draft per thread and per edited message, kept over reloads. */

import { useEffect, useRef } from "preact/hooks";
import { isNew, newThread } from "../core";
import type { Keeper } from "../core";
import { useSurroundings } from "./context";

/** Milliseconds after the last key before a draft is kept. */
const REST = 300;

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

/** Keep what is being written, of all that is there. */
const keepers = new Set<() => void>();

/** Take the draft of a thread that is gone along to a new one; what was being written there stays, beneath. */
export function moveDraft(keeper: Keeper, from: string): void {
  for (const keep of keepers) keep();
  const text = readDraft(keeper, from);
  if (!text) return;
  const fresh = newThread();
  writeDraft(keeper, fresh, [text, readDraft(keeper, fresh)].filter(Boolean).join("\n\n"));
  writeDraft(keeper, from, "");
}

/** Keep a thread's draft when it rests, and when the page goes; the function returned keeps another at once. */
export function useKept(thread: string, text: string): (text: string) => void {
  const { keeper } = useSurroundings();
  const kept = useRef({ thread, text });
  /** Take away what this tab kept; what another one has kept since is its own. */
  const drop = (from: string): void => {
    if (readDraft(keeper, from) === kept.current.text) writeDraft(keeper, from, "");
  };
  const keep = useRef((): void => undefined);
  keep.current = () => {
    // What is unchanged here may have been changed in another tab.
    if (kept.current.thread === thread && kept.current.text === text) return;
    // A new thread that became a conversation takes its draft along.
    if (kept.current.thread !== thread) drop(kept.current.thread);
    if (text === "") drop(thread);
    else writeDraft(keeper, thread, text);
    kept.current = { thread, text };
  };
  useEffect(() => {
    // What was sent has nothing to wait for: it is kept elsewhere.
    if (text === "") return keep.current();
    const timer = setTimeout(() => keep.current(), REST);
    return () => clearTimeout(timer);
  }, [thread, text]);
  useEffect(() => {
    const now = (): void => keep.current();
    keepers.add(now);
    addEventListener("pagehide", now);
    document.addEventListener("visibilitychange", now);
    return () => {
      now();
      keepers.delete(now);
      removeEventListener("pagehide", now);
      document.removeEventListener("visibilitychange", now);
    };
  }, []);
  return (last) => {
    writeDraft(keeper, thread, last);
    kept.current = { thread, text };
  };
}
