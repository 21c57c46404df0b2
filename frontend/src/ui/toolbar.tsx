/** A row of small buttons: one stop of the Tab key, arrow keys in between. */

import type { ComponentChildren, Ref } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import type { icons } from "./icons";

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** What can be done with something. */
export function Toolbar({ label, class: classes = "", children }: {
  label: string; class?: string; children: ComponentChildren;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const buttons = (): HTMLButtonElement[] => [...(bar.current?.querySelectorAll<HTMLButtonElement>("[data-tool]") ?? [])];
  const choose = (chosen: Element | undefined): void => {
    for (const button of buttons()) button.tabIndex = button === chosen ? 0 : -1;
  };
  useLayoutEffect(() => {
    const all = buttons();
    choose(all.find((button) => button === document.activeElement) ?? all.find(({ tabIndex }) => tabIndex === 0) ?? all[0]);
  });
  const press = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
  };
  return (
    <div ref={bar} role="toolbar" aria-label={label} onKeyDown={press} onFocusIn={(event) => choose(event.target as Element)}
      class={`flex min-h-8 flex-wrap items-center gap-0.5 text-soft ${classes}`}>
      {children}
    </div>
  );
}

interface ToolProps {
  readonly icon: keyof typeof icons;
  readonly label: string;
  readonly press: () => void;
  /** Whether there is nothing to do right now; the button can be reached all the same. */
  readonly idle?: boolean;
  readonly expanded?: boolean;
  readonly menu?: boolean;
  readonly tool?: Ref<HTMLButtonElement>;
  readonly class?: string;
  readonly children?: ComponentChildren;
}

/** One button of a toolbar. */
export function Tool({ icon, label, press, idle = false, expanded, menu, tool, class: classes = "", children }: ToolProps) {
  return (
    <button type="button" data-tool ref={tool ?? null} aria-label={label} title={label} aria-disabled={idle}
      {...(expanded !== undefined && { "aria-expanded": expanded })} {...(menu && { "aria-haspopup": "menu" as const })}
      onClick={() => !idle && press()}
      class={`flex h-8 min-w-8 items-center justify-center gap-1 rounded-lg transition-colors aria-disabled:cursor-default aria-disabled:opacity-40 not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-ink ${classes}`}>
      <Icon name={icon} class="size-4" />
      {children}
    </button>
  );
}
