/** How answers end other than well, in words. */

import type { Run } from "../core";
import { strings } from "./strings";

/** What there is to say about an end. */
export interface Ending {
  readonly words: string;
  /** Whether something went wrong, rather than somebody wanted it so. */
  readonly wrong: boolean;
  /** Seconds after which trying again may help, if somebody said so. */
  readonly wait?: number;
}

/** Return what there is to say about the end of a run; `null` while it goes on, or when it ended well. */
export function endingOf(run: Run): Ending | null {
  const { error, finish_reason } = run.outcome;
  switch (run.status) {
    case "running":
      return null;
    case "completed":
      return [...run.parts.values()].some(({ length }) => length > 0)
        ? null
        : { words: strings.endings.nothing, wrong: false };
    case "cancelled":
      return { words: strings.endings.cancelled, wrong: false };
    case "interrupted":
      return { words: strings.endings.interrupted, wrong: true };
    case "incomplete":
      return {
        words: finish_reason === "content-filter"
          ? strings.endings.filtered
          : strings.endings.longest,
        wrong: false,
      };
    case "failed":
      return {
        words: error?.message ?? strings.endings.failed,
        wrong: true,
        ...(error?.retry_after !== undefined && { wait: error.retry_after }),
      };
    default:
      // A kind of end that is younger than this page.
      return { words: strings.endings.other, wrong: false };
  }
}

/** Say whether an answer ended early and can go on from where it is. */
export function canContinue(run: Run): boolean {
  if (!run.ended || run.status === "completed" || run.outcome.finish_reason === "content-filter") return false;
  return [...run.parts.values()].some(({ type, length }) => type === "text" && length > 0);
}
