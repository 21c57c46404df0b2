/** The way to what was said, or answered, instead. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../core";
import { strings } from "./strings";
import { Tool } from "./toolbar";

interface Props {
  readonly message: Message;
  /** All versions, this one included, in the order of their making; joined by commas. */
  readonly versions: string;
  readonly select: (message: Message, version: string) => void;
}

/** Of which family another version was asked for last, and by which button: that one is focused again there. */
let asked: { readonly parent: string; readonly step: 1 | -1 } | null = null;

/** `‹ 2 / 3 ›`, where there is more than one. */
export function BranchChooser({ message, versions, select }: Props) {
  const group = useRef<HTMLDivElement>(null);
  const all = versions.split(",");
  const at = all.indexOf(message.id);
  const family = message.parent ?? message.conversation;
  useLayoutEffect(() => {
    if (asked?.parent !== family) return;
    group.current?.querySelector<HTMLElement>(`[data-step="${asked.step}"] button`)?.focus({ preventScroll: true });
    asked = null;
  }, []);
  if (all.length < 2) return null;
  const go = (step: 1 | -1): void => {
    const version = all[at + step];
    if (version === undefined) return;
    asked = { parent: family, step };
    select(message, version);
  };
  return (
    <div ref={group} role="group" aria-label={strings.actions.versions} class="flex items-center">
      <span data-step="-1">
        <Tool icon="back" label={strings.actions.previous} press={() => go(-1)} idle={at <= 0} class="min-w-6!" />
      </span>
      <span class="text-xs tabular-nums">
        <span aria-hidden="true">{strings.actions.version(at + 1, all.length)}</span>
        <span class="sr-only">{strings.actions.versionSpoken(at + 1, all.length)}</span>
      </span>
      <span data-step="1">
        <Tool icon="chevron" label={strings.actions.next} press={() => go(1)} idle={at + 1 >= all.length} class="min-w-6!" />
      </span>
    </div>
  );
}
