/** Says quietly that the connection is away, and plainly that it ended. */

import { useEffect, useState } from "preact/hooks";
import { isStranger } from "../core";
import type { Link } from "../core";
import { TextButton } from "./buttons";
import { closingWords } from "./closings";
import { useSurroundings } from "./context";
import { strings } from "./strings";

/** Milliseconds that a connection may be away before it is worth a word. */
const QUIET = 2000;

interface Props {
  readonly link: Link;
  /** Whether the server was reached before. */
  readonly known: boolean;
  /** Whether what is shown was kept from an earlier time. */
  readonly recalled: boolean;
}

/** What there is to say about the connection, if anything. */
export function Banner({ link, known, recalled }: Props) {
  const late = useLasting(link.state === "connecting", QUIET);
  if (link.state === "closed") return <Closed link={link} stale={known || recalled} />;
  if (!late) return null;
  return (
    <div class="pointer-events-none absolute inset-x-0 top-2 z-10 flex justify-center px-4">
      <p class="flex items-center gap-2 rounded-full border border-line bg-notice-ground px-3.5 py-1.5 text-sm text-notice shadow-sm">
        <span class="size-2 animate-breathe rounded-full bg-current" />
        {recalled ? strings.banner.recalled : known ? strings.banner.away : strings.banner.connecting}
      </p>
    </div>
  );
}

/** `stale`: whether something is shown that may be out of date. */
function Closed({ link, stale }: { link: Link & { state: "closed" }; stale: boolean }) {
  const { chat, connect } = useSurroundings();
  const unknown = isStranger(link.code);
  const guest = chat.token !== null;
  const again = (): void => {
    if (unknown) chat.forget();
    connect();
  };
  return (
    <div role="alert" class="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-notice-ground px-4 py-2.5 text-sm">
      <p class="grow text-notice">{closingWords(link.code, link.reason, guest)}{stale && ` ${strings.banner.outOfDate}`}</p>
      <TextButton press={again}>{unknown && guest ? strings.banner.beginAgain : strings.banner.connectAgain}</TextButton>
    </div>
  );
}

/** Say whether something has been so for `milliseconds`. */
export function useLasting(is: boolean, milliseconds: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!is) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), milliseconds);
    return () => clearTimeout(timer);
  }, [is, milliseconds]);
  return is && lasting;
}
