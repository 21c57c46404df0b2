/** A quiet sentence about what was just done, and the way to undo it; it goes by itself. */

import { useEffect, useState } from "preact/hooks";
import { IconButton, TextButton } from "./buttons";
import { strings } from "./strings";

/** What was done. */
export interface Told {
  readonly words: string;
  /** Takes it back, or does it again. */
  readonly action?: { readonly label: string; readonly act: () => void };
  /** Whether something did not work; this stays until it is read. */
  readonly wrong?: boolean;
}

/** Milliseconds that a toast stays. */
const STAY = 8000;

/** What is seen of it, above where messages are written; {@link ToldRegion} is what is heard. */
export function Toast({ told, close }: { told: Told; close: () => void }) {
  const [held, hold] = useState(false);
  useEffect(() => {
    // Who is about to press the button needs no hurry.
    if (held || told.wrong) return undefined;
    const timer = setTimeout(close, STAY);
    return () => clearTimeout(timer);
  }, [told, held]);
  return (
    <div class="flex justify-center px-3 pb-2" onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)}
      onFocusIn={() => hold(true)} onFocusOut={() => hold(false)}>
      <div class="flex max-w-full items-center gap-3 rounded-xl border border-line bg-raised py-1.5 pr-1.5 pl-4 text-sm shadow-md">
        <p class={`wrap-anywhere ${told.wrong ? "text-danger" : ""}`}>{told.words}</p>
        {told.action && <TextButton press={() => { close(); told.action?.act(); }}>{told.action.label}</TextButton>}
        <IconButton icon="close" label={strings.page.dismiss} press={close} />
      </div>
    </div>
  );
}

/** Says to who can't see it what the toast says; it has to be there before the words are. */
export function ToldRegion({ told }: { told: Told | null }) {
  const words = told ? [told.words, told.action?.label].filter(Boolean).join(" ") : "";
  return <p role="status" class="sr-only">{words}</p>;
}
