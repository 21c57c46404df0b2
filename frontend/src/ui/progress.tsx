/** How far an answer is, in words, beside the button that stops it. */

import type { Run } from "../core";
import { strings } from "./strings";

interface Props {
  /** The run that answers now. */
  readonly run: Run | null;
  readonly stopping: boolean;
  /** Whether we would know if it went on. */
  readonly live: boolean;
}

/** A word or two; those who can't see them are told of beginnings and ends elsewhere. */
export function Progress({ run, stopping, live }: Props) {
  const words = live && run ? (stopping ? strings.progress.stopping : wordsOf(run)) : null;
  if (words === null) return null;
  return (
    <span class="flex min-w-0 items-center gap-2">
      <span aria-hidden="true" class="size-1.5 shrink-0 animate-breathe rounded-full bg-current" />
      <span class="truncate">{words}</span>
    </span>
  );
}

function wordsOf({ parts }: Run): string {
  const last = [...parts.values()].at(-1);
  if (!last) return strings.progress.waiting;
  return last.type === "reasoning" ? strings.progress.thinking : strings.progress.writing;
}
