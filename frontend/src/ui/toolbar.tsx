/** A row of small buttons: one stop of the Tab key, arrow keys in between. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** The buttons of the row, without those of menus that they open. */
const TOOLS = "button:not([role^=menuitem]):not(:disabled)";
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** What can be done with something. */
export function Toolbar({ label, class: classes = "", children }: {
  label: string; class?: string; children: ComponentChildren;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const buttons = (): HTMLButtonElement[] => [...(bar.current?.querySelectorAll<HTMLButtonElement>(TOOLS) ?? [])];
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
