/** Tells who can't see the page what begins and ends; never every word. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Link } from "../core";
import { useLasting } from "./banner";
import type { Ending } from "./endings";
import { strings } from "./strings";

interface Props {
  /** Whether an answer is being written. */
  readonly answering: boolean;
  /** How the last answer ended. */
  readonly ending: Ending | null;
  readonly link: Link;
}

/** A line that is heard and not seen. */
export function Announcer({ answering, ending, link }: Props) {
  const [words, say] = useState("");
  const before = useRef(answering);
  const away = useLasting(link.state !== "live", 2000);
  const wasAway = useRef(away);
  useEffect(() => {
    if (answering && !before.current) say(strings.announcer.answering);
    if (!answering && before.current) say(ending ? ending.words : strings.announcer.complete);
    before.current = answering;
  }, [answering]);
  useEffect(() => {
    if (away) say(strings.announcer.away);
    else if (wasAway.current) say(strings.announcer.back);
    wasAway.current = away;
  }, [away]);
  return <p role="status" class="sr-only">{words}</p>;
}
