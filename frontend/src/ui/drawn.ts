/** Which of the known messages are drawn: a long conversation opens with its end, and shows more on the way up. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Message } from "../core";
import type { Move } from "./following";
import { soughtNow, watchSeeking } from "./seeking";

/** Messages that are drawn at once. */
const PAGE = 50;

interface Drawn {
  readonly messages: readonly Message[];
  /** The message before the first that is drawn; `null` if none is. */
  readonly before: string | null;
  /** Draws those before, too. */
  readonly more: () => void;
}

/**
 * Return the newest of `known`, and the way to those before; whatever is drawn stays.
 *
 * A `move` to the end, as when something is sent, lets go of what is far above: it would cost every frame something.
 */
export function useDrawn(known: readonly Message[], move: Move): Drawn {
  // The message before stays the same where another branch is chosen among those that are drawn.
  const before = useRef<string | null | undefined>(undefined);
  const moved = useRef(move.number);
  const [, redraw] = useState(0);
  if (before.current === undefined) before.current = idBefore(known, firstFor(known, soughtNow()));
  if (moved.current !== move.number) {
    moved.current = move.number;
    if (move.to !== "here") before.current = idBefore(known, known.length - PAGE);
  }
  const at = known.findIndex(({ id }) => id === before.current);
  const held = before.current !== null && at < 0 ? Math.max(0, known.length - PAGE) : at + 1;
  const sought = soughtNow();
  const start = sought === null ? held : Math.max(0, Math.min(held, firstFor(known, sought)));
  if (start < held) before.current = idBefore(known, start);
  const begin = (first: number): void => {
    before.current = idBefore(known, first);
    redraw((count) => count + 1);
  };
  useLayoutEffect(() => watchSeeking(() => redraw((count) => count + 1)), []);
  return {
    messages: useMemo(() => (start === 0 ? known : known.slice(start)), [known, start]),
    before: idBefore(known, start),
    more: () => begin(start - PAGE),
  };
}

/** Return where to begin, so that a message that is sought, and some before it, are among those that are drawn. */
function firstFor(known: readonly Message[], sought: string | null): number {
  const at = known.findIndex(({ id }) => id === sought);
  return Math.min(known.length - PAGE, at < 0 ? known.length : at - PAGE / 2);
}

function idBefore(known: readonly Message[], start: number): string | null {
  return known[start - 1]?.id ?? null;
}
