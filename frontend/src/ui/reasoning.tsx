/** What a model thought before it spoke: folded, with the time that it took. */

import type { HeldPart, Message, Run } from "../core";
import { GrowingText } from "./growing-text";
import { Icon } from "./icons";
import { strings } from "./strings";

interface Props {
  readonly message: Message;
  readonly run: Run;
  readonly part: HeldPart;
  /** Whether it is being written. */
  readonly thinking: boolean;
}

/** Thoughts, for those who want to read them. */
export function Reasoning({ message, run, part, thinking }: Props) {
  const took = run.metadata.reasoningMs ?? message.reasoningMs;
  const thought = took === undefined ? strings.message.thoughts : strings.message.thoughtFor(Math.max(1, Math.round(took / 1000)));
  return (
    <details class="group text-soft">
      <summary class="flex w-fit list-none items-center gap-1 rounded text-sm select-none hover:text-ink [&::-webkit-details-marker]:hidden">
        <Icon name="chevron" class="size-4 transition-transform group-open:rotate-90" />
        {thinking ? strings.message.thinking : thought}
      </summary>
      <GrowingText run={message.run?.id ?? message.id} part={part} ended={run.ended}
        class="mt-2 ml-2 border-l-2 border-line pl-4 text-sm leading-relaxed" />
    </details>
  );
}
