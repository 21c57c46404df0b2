/** What came before, page by page. */

import { useEffect, useRef, useState } from "preact/hooks";
import { TextButton } from "./buttons";
import { useSurroundings } from "./context";
import { strings } from "./strings";

/** Fetches the page before when it comes into sight. */
export function Older({ conversation, cursor }: { conversation: string; cursor: string }) {
  const { chat } = useSurroundings();
  const button = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const fetch = async (): Promise<void> => {
    setBusy(true);
    await chat.older(conversation, cursor).catch(() => undefined);
    setBusy(false);
  };
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void fetch();
    });
    if (button.current) seen.observe(button.current);
    return () => seen.disconnect();
  }, []);
  return (
    <div ref={button} class="text-center">
      <TextButton press={() => void fetch()} disabled={busy}>{strings.transcript.older}</TextButton>
    </div>
  );
}
