/** The way to what was said, or answered, instead. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../core";
import { IconButton } from "./buttons";
import { strings } from "./strings";

interface Props {
  readonly message: Message;
  /** All versions, this one included, in the order of their making; joined by commas. */
  readonly versions: string;
  readonly select: (message: Message, version: string) => void;
}

/** Of which family another version was asked for last, and by which button: that one is focused again there. */
let asked: { readonly family: string; readonly button: 0 | 1 } | null = null;

/** `‹ 2 / 3 ›`, where there is more than one; round and round. */
export function BranchChooser({ message, versions, select }: Props) {
  const group = useRef<HTMLDivElement>(null);
  const all = versions.split(",");
  const at = all.indexOf(message.id);
  const family = message.parent ?? message.conversation;
  useLayoutEffect(() => {
    if (asked?.family !== family) return;
    group.current?.querySelectorAll("button")[asked.button]?.focus({ preventScroll: true });
    asked = null;
  }, []);
  if (all.length < 2) return null;
  const go = (step: 1 | -1): void => {
    asked = { family, button: step < 0 ? 0 : 1 };
    select(message, all[(at + step + all.length) % all.length] as string);
  };
  return (
    <div ref={group} role="group" aria-label={strings.actions.versionSpoken(at + 1, all.length)} class="flex items-center">
      <IconButton small icon="back" label={strings.actions.previous} press={() => go(-1)} class="min-w-7!" />
      <span aria-hidden="true" class="text-xs tabular-nums">{strings.actions.version(at + 1, all.length)}</span>
      <IconButton small icon="chevron" label={strings.actions.next} press={() => go(1)} class="min-w-7!" />
    </div>
  );
}
