/** Keyboard shortcuts: which there are, and what listens to them. */

import { useEffect, useRef } from "preact/hooks";

/** What a shortcut does. */
export type Deed = "new" | "search" | "next" | "previous" | "sidebar" | "write" | "copy" | "help";

/** A combination of keys. */
export interface Shortcut {
  readonly deed: Deed;
  /** The key as the browser names it: by what it writes, or by where it is (`KeyO`). */
  readonly key: string;
  /** Ctrl, or ⌘ on a Mac. */
  readonly control?: boolean;
  readonly shift?: boolean;
  readonly alt?: boolean;
}

/** All of them. Without Ctrl or Alt they count only while nothing is being written. */
export const SHORTCUTS: readonly Shortcut[] = [
  { deed: "new", key: "KeyO", control: true, shift: true },
  { deed: "search", key: "KeyK", control: true },
  { deed: "next", key: "ArrowDown", alt: true },
  { deed: "previous", key: "ArrowUp", alt: true },
  { deed: "sidebar", key: "KeyS", control: true, shift: true },
  { deed: "write", key: "Escape", shift: true },
  { deed: "copy", key: "KeyC", control: true, shift: true },
  { deed: "help", key: "/", control: true },
  { deed: "help", key: "?" },
];

/** Whether this is a Mac, whose keyboards say ⌘ where others say Ctrl. */
export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

/** Do what the shortcuts mean; not while a question is open. */
export function useShortcuts(deeds: Readonly<Record<Deed, () => void>>): void {
  const current = useRef(deeds);
  current.current = deeds;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const meant = SHORTCUTS.find((shortcut) => means(event, shortcut));
      if (!meant) return;
      event.preventDefault();
      // Esc alone, which this may be, means something to others.
      event.stopPropagation();
      current.current[meant.deed]();
    };
    addEventListener("keydown", press, { capture: true });
    return () => removeEventListener("keydown", press, { capture: true });
  }, []);
}

function means(event: KeyboardEvent, { key, control = false, shift = false, alt = false }: Shortcut): boolean {
  // A sign may need Shift or not, by the layout of the keyboard.
  const sign = !/^(?:Key|Arrow|Escape)/.test(key);
  if (event.key !== key && event.code !== key) return false;
  if ((event.ctrlKey || event.metaKey) !== control || event.altKey !== alt) return false;
  if (!sign && event.shiftKey !== shift) return false;
  return control || alt || shift && !sign || !writing(event.target);
}

/** Whether keys write something where they arrive. */
function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
