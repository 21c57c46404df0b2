/** Keeps the latest in sight while the reader is at the bottom, and moves nothing where they are not. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { SOUGHT, stopSeeking } from "./seeking";

/** Pixels from the end of the content within which a reader counts as being there. */
const NEAR = 40;
/** Pixels above a prompt that is held near the top. */
const ABOVE = 24;

/** Where a reader wants to be, as often as its number changes. */
export interface Move {
  readonly number: number;
  /** A prompt near the top, with room for the answer below it; the latest; or where they are, whatever comes. */
  readonly to: { readonly prompt: string } | "latest" | "here";
}

interface Following {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** Fills the view below what is held near the top. */
  readonly space: RefObject<HTMLDivElement | null>;
  /** Whether the latest is in sight. */
  readonly following: boolean;
  /** Go to the bottom, and stay there. */
  readonly jump: () => void;
}

/**
 * Follow what grows in `content`.
 *
 * `first` is the message that the content begins with: where others came before it, the view stays on what it shows.
 * What was sought is shown in the middle. A prompt that was `released` after it waited is shown like one just sent, if the reader is at the bottom.
 */
export function useFollowing(first: string | undefined, move: Move, released: string | null): Following {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const space = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const follows = useRef(true);
  const held = useRef<string | null>(null);
  /** Whether the prompt stays near the top: until the reader moves. */
  const holds = useRef(false);
  const last = useRef({ first, number: 0, released, top: 0, height: 0 });

  /** Return how much of the content is below the view; the space below it is nothing to see. */
  const away = (view: HTMLElement): number => (content.current?.offsetHeight ?? 0) - view.scrollTop - view.clientHeight;
  /** Make as much room as the prompt that is held needs to be near the top; return how far it is from there. */
  const hold = (): number => {
    const [view, inner, room] = [scroller.current, content.current, space.current];
    if (!view || !inner || !room) return 0;
    const prompt = held.current === null ? null : inner.querySelector(`[data-prompt="${held.current}"]`);
    const top = prompt?.getBoundingClientRect().top ?? -Infinity;
    const below = inner.getBoundingClientRect().bottom - top;
    room.style.height = `${Math.max(0, Math.floor(view.clientHeight - ABOVE - below))}px`;
    return prompt ? top - view.getBoundingClientRect().top - ABOVE : 0;
  };
  const settle = (): void => {
    const view = scroller.current;
    if (!view) return;
    const off = hold();
    // A view that grows pulls down what is held, before there is more room.
    if (follows.current) view.scrollTop = view.scrollHeight;
    else if (holds.current && Math.abs(off) > 1) view.scrollTop += off;
    setFollowing(follows.current || away(view) <= NEAR);
    last.current = { ...last.current, top: view.scrollTop, height: view.scrollHeight };
  };
  const jump = (): void => {
    follows.current = true;
    holds.current = false;
    settle();
  };
  const show = (prompt: string): void => {
    held.current = prompt;
    holds.current = true;
    follows.current = false;
    settle();
  };

  // Before the first frame, so that whoever goes elsewhere in the second is not taken back to the end.
  useLayoutEffect(() => {
    const view = scroller.current;
    const inner = content.current;
    if (!view || !inner) return undefined;
    const grown = new ResizeObserver(settle);
    grown.observe(view);
    grown.observe(inner);
    const moved = (): void => {
      const near = away(view) <= NEAR;
      const down = view.scrollTop - last.current.top;
      if (holds.current && Math.abs(hold()) > 2) holds.current = false;
      // Only moving up leaves the bottom: what grows below is no movement of the reader's. Nor is it at the bottom
      // that they want to be while a prompt is held near the top.
      if (near && down > 0 && space.current?.offsetHeight === 0) follows.current = true;
      if (!near && down < 0) follows.current = false;
      setFollowing(follows.current || near);
      last.current.top = view.scrollTop;
    };
    const sought = ({ target }: Event): void => {
      follows.current = holds.current = false;
      (target as Element).scrollIntoView({ block: "center" });
      settle();
    };
    const end = new AbortController();
    view.addEventListener("scroll", moved, { signal: end.signal, passive: true });
    view.addEventListener(SOUGHT, sought, { signal: end.signal });
    // Who moves by hand meanwhile is not taken away from there.
    for (const hand of ["wheel", "touchmove"]) view.addEventListener(hand, stopSeeking, { signal: end.signal, passive: true });
    return () => {
      grown.disconnect();
      end.abort();
    };
  }, []);

  useLayoutEffect(() => {
    const view = scroller.current;
    const before = last.current;
    const joined = first !== before.first && content.current?.querySelector(`[data-message="${before.first}"]`);
    if (view && joined && !follows.current) view.scrollTop += view.scrollHeight - before.height;
    if (move.number !== before.number) {
      stopSeeking();
      if (move.to === "latest") jump();
      else if (move.to === "here") follows.current = holds.current = false;
      else show(move.to.prompt);
    } else if (released !== null && released !== before.released && follows.current) show(released);
    last.current = { ...last.current, first, number: move.number, released, height: view?.scrollHeight ?? 0 };
  }, [first, move.number, released]);

  return { scroller, content, space, following, jump };
}
