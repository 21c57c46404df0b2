/** A button that opens a short list of things to do. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./buttons";
import { Icon } from "./icons";
import type { icons } from "./icons";

/** One line of a menu. */
export interface Item {
  readonly label: string;
  readonly act: () => void;
  readonly icon?: keyof typeof icons;
  /** Whether it is the chosen one; absent where it is no choice. */
  readonly checked?: boolean;
}

interface Props {
  readonly label: string;
  readonly icon: keyof typeof icons;
  /** Groups of items, with a line between them. */
  readonly groups: readonly (readonly Item[])[];
  /** Where the list opens: classes that place it. */
  readonly place: string;
  readonly small?: boolean;
}

/** The button and, while it is open, the list; Esc, Tab and whatever is outside close it. */
export function Menu({ label, icon, groups, place, small = false }: Props) {
  const [open, setOpen] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (open) items(list.current)[0]?.focus();
  }, [open]);

  const close = (): void => {
    setOpen(false);
    host.current?.querySelector("button")?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Tab") return setOpen(false);
    const next = event.key === "Escape" ? null : step(event.key, items(list.current));
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (next) next.focus();
    else close();
  };
  return (
    <div ref={host} class="relative"
      onFocusOut={(event) => !host.current?.contains(event.relatedTarget as Node | null) && setOpen(false)}>
      <IconButton icon={icon} label={label} press={() => (open ? close() : setOpen(true))} expanded={open} small={small} />
      {open && (
        <div ref={list} role="menu" aria-label={label} onKeyDown={press} onPointerDown={(event) => event.preventDefault()}
          class={`absolute z-40 min-w-52 rounded-xl border border-line bg-raised p-1 shadow-lg ${place}`}>
          {groups.map((group, index) => (
            <div key={index} role="group" class={index > 0 ? "mt-1 border-t border-line pt-1" : ""}>
              {group.map((item) => (
                <button key={item.label} type="button" tabIndex={-1} onClick={() => { close(); item.act(); }}
                  {...(item.checked === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": item.checked })}
                  class="flex w-full items-center gap-2.5 rounded-lg px-2.5 py-2 text-left text-sm whitespace-nowrap hover:bg-hover focus:bg-hover">
                  {item.icon && <Icon name={item.icon} class="size-4.5 shrink-0 text-soft" />}
                  <span class="grow">{item.label}</span>
                  {item.checked && <Icon name="check" class="size-4.5 shrink-0 text-accent" />}
                </button>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function items(list: HTMLElement | null): HTMLButtonElement[] {
  return [...(list?.querySelectorAll("button") ?? [])];
}

/** Return what a key moves to among buttons; `undefined` if it is no such key. */
function step(key: string, buttons: readonly HTMLButtonElement[]): HTMLButtonElement | undefined {
  const at = buttons.findIndex((button) => button === document.activeElement);
  switch (key) {
    case "ArrowDown":
      return buttons[(at + 1) % buttons.length];
    case "ArrowUp":
      return buttons.at(at - 1);
    case "Home":
      return buttons[0];
    case "End":
      return buttons.at(-1);
    default:
      return undefined;
  }
}
