/** How much room there is, and what of it the list may take. */

import { useEffect, useState } from "preact/hooks";
import type { Keeper } from "../core";

/** Say whether the list is a drawer. */
export function useNarrow(): boolean {
  const [query] = useState(() => matchMedia("(width < 48rem)"));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = (): void => setNarrow(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, [query]);
  return narrow;
}

const HIDDEN = "onesocket:list-hidden";

/** Say whether the list is shown where it is no drawer; kept on this device. */
export function useShown(device: Keeper): [shown: boolean, show: (is: boolean) => void] {
  const [shown, set] = useState(() => device.getItem(HIDDEN) === null);
  const show = (is: boolean): void => {
    set(is);
    try {
      if (is) device.removeItem(HIDDEN);
      else device.setItem(HIDDEN, "1");
    } catch {
      // Storage is full: it is as it is as long as the page lives.
    }
  };
  return [shown, show];
}
