/** How long a model thought, where this page saw it begin and end. */

import type { HeldPart, Message, Run } from "../core";

interface Seen { readonly from: number; to?: number }

const seen = new WeakMap<HeldPart, Seen>();

/** Note that a part of thoughts is being written, or is not any more. `now` is in milliseconds. */
export function note(message: Message, run: Run, part: HeldPart, thinking: boolean, now: number): void {
  const known = seen.get(part);
  if (known) {
    if (!thinking) known.to ??= now;
    return;
  }
  // A part that was there before the page was is as old as nobody knows.
  const fromTheStart = run.attempt === 1 && run.seq <= 1 && message.parts.length === 0;
  if (thinking && fromTheStart) seen.set(part, { from: now });
}

/** Return the seconds that a part took, if they are known. */
export function secondsOf(part: HeldPart): number | null {
  const known = seen.get(part);
  return known?.to === undefined ? null : Math.max(1, Math.round((known.to - known.from) / 1000));
}
