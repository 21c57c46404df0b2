/** Keeps the latest in sight while the reader is at the bottom, and moves nothing where they are not. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

/** Pixels from the bottom within which a reader counts as being there. */
const NEAR = 40;

interface Following {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly following: boolean;
  /** Go to the bottom, and stay there. */
  readonly jump: () => void;
}

/**
 * Follow what grows in `content`.
 *
 * `first` is what the content begins with: where something came before it, the view stays on what it shows.
 * More `sent` than before goes to the bottom: who writes wants to see it.
 */
export function useFollowing(first: string | undefined, sent: number): Following {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const follows = useRef(true);
  const last = useRef({ first, sent, top: 0, height: 0 });

  const set = (is: boolean): void => {
    follows.current = is;
    setFollowing(is);
  };
  const jump = (): void => {
    set(true);
    const view = scroller.current;
    if (view) view.scrollTop = view.scrollHeight;
  };

  useEffect(() => {
    const view = scroller.current;
    const inner = content.current;
    if (!view || !inner) return undefined;
    const grown = new ResizeObserver(() => {
      if (follows.current) view.scrollTop = view.scrollHeight;
      last.current.height = view.scrollHeight;
    });
    grown.observe(view);
    grown.observe(inner);
    const moved = (): void => {
      const near = view.scrollHeight - view.scrollTop - view.clientHeight <= NEAR;
      // Only moving up leaves the bottom: what grows below is no movement of the reader's.
      if (near !== follows.current && (near || view.scrollTop < last.current.top)) set(near);
      last.current.top = view.scrollTop;
    };
    view.addEventListener("scroll", moved, { passive: true });
    return () => {
      grown.disconnect();
      view.removeEventListener("scroll", moved);
    };
  }, []);

  useLayoutEffect(() => {
    const view = scroller.current;
    const before = last.current;
    if (view && first !== before.first && before.first !== undefined && !follows.current) {
      view.scrollTop += view.scrollHeight - before.height;
    }
    if (sent > before.sent) jump();
    last.current = { ...before, first, sent, height: view?.scrollHeight ?? 0 };
  }, [first, sent]);

  return { scroller, content, following, jump };
}
