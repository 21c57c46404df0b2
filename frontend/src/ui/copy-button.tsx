/** Copies a text, and says so. */

import { useEffect, useState } from "preact/hooks";
import { IconButton } from "./buttons";
import { copy } from "./clipboard";
import { strings } from "./strings";

/** Milliseconds that the button says what became of it. */
const SHOWN = 2000;

/** Copies what `text` returns when it is pressed. */
export function CopyButton({ text }: { text: () => string }) {
  const [said, say] = useState<"copied" | "notCopied" | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => say(null), SHOWN);
    return () => clearTimeout(timer);
  }, [said]);
  const press = (): void => void copy(text()).then((worked) => say(worked ? "copied" : "notCopied"));
  return (
    <>
      <IconButton small icon={said === "copied" ? "check" : said === "notCopied" ? "close" : "copy"} label={strings.actions.copy} press={press} />
      <span aria-live="polite" class="sr-only">{said && strings.actions[said]}</span>
    </>
  );
}
