/** What came before, page by page. */

import { useEffect, useRef, useState } from "preact/hooks";
import { TextButton } from "./buttons";
import { strings } from "./strings";

/** Brings the page before when it comes into sight; `more` must not fail. */
export function Older({ more }: { more: () => Promise<void> | void }) {
  const button = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const bring = async (): Promise<void> => {
    setBusy(true);
    await more();
    setBusy(false);
  };
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void bring();
    });
    if (button.current) seen.observe(button.current);
    return () => seen.disconnect();
  }, []);
  return (
    <div ref={button} class="text-center">
      <TextButton press={() => void bring()} disabled={busy}>{strings.transcript.older}</TextButton>
    </div>
  );
}
