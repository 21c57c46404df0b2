/** Lets the core keep a copy of what is shown while nobody waits for anything, and when the page goes. */

import { useEffect } from "preact/hooks";
import type { Chat, View } from "../core";
import { useLasting } from "./banner";

/** Milliseconds after a change before it is kept. */
const REST = 1000;
/** Milliseconds that a start may take before what was kept is shown. */
const LATE = 2000;

/** Keep what is known, and show it at a start without a connection. */
export function useKeeping(chat: Chat, view: View): void {
  const late = useLasting(view.welcome === null, LATE);
  useEffect(() => {
    if (late) chat.recall();
  }, [late]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const keep = (): void => {
      clearTimeout(timer);
      timer = undefined;
      chat.keep();
    };
    // Safari has no idle callbacks.
    const whenIdle = (): void => void (typeof requestIdleCallback === "function" ? requestIdleCallback(keep) : keep());
    const changed = (): void => void (timer ??= setTimeout(whenIdle, REST));
    const unwatch = chat.store.watch(changed);
    addEventListener("pagehide", keep);
    return () => {
      clearTimeout(timer);
      unwatch();
      removeEventListener("pagehide", keep);
    };
  }, [chat]);
}
