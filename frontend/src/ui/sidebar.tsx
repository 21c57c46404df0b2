/** The list of conversations; a drawer where the screen is narrow. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, View } from "../core";
import { IconButton } from "./buttons";
import { ConversationList } from "./conversation-list";
import { Icon, Mark } from "./icons";
import { SearchResults } from "./search-results";
import { SettingsMenu } from "./settings-menu";
import { strings } from "./strings";
import type { Told } from "./toast";
import { composes } from "./typing";

interface Props {
  readonly view: View;
  readonly opened: string | null;
  /** Whether the drawer is open; and whether there is a list where it is none. */
  readonly open: boolean;
  readonly shown: boolean;
  readonly narrow: boolean;
  /** Changes whenever somebody wants to search. */
  readonly wanted: number;
  /** Closes the drawer, if it is one. */
  readonly close: () => void;
  /** Hides the list, drawer or not. */
  readonly hide: () => void;
  readonly go: (conversation: string | null) => void;
  readonly rename: (conversation: Conversation) => void;
  readonly remove: (conversation: Conversation) => void;
  readonly help: () => void;
  readonly tell: (told: Told) => void;
}

/** The list, the search, the way to a new conversation and to the settings. */
export function Sidebar({ view, opened, open, shown, narrow, wanted, close, hide, go, rename, remove, help, tell }: Props) {
  const [written, write] = useState("");
  const side = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useDrawer(open && narrow, side, close);
  // Before the next key arrives: what is written at once belongs to the search.
  useLayoutEffect(() => {
    if (wanted > 0) field.current?.select();
  }, [wanted]);

  const clear = (): void => {
    write("");
    field.current?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (composes(event)) return;
    if (event.key === "Escape" && event.target === field.current && written) {
      event.preventDefault();
      write("");
    }
    const down = event.key === "ArrowDown" || (event.key === "Enter" && event.target === field.current);
    if (!down && event.key !== "ArrowUp") return;
    const stops = [field.current, ...(side.current?.querySelectorAll("li a") ?? [])];
    const at = stops.findIndex((stop) => stop === document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    (stops[Math.min(stops.length - 1, Math.max(0, at + (down ? 1 : -1)))] as HTMLElement | undefined)?.focus();
  };

  return (
    <>
      <div onClick={close} class={`fixed inset-0 z-20 bg-[rgb(0_0_0/0.35)] transition-opacity md:hidden ${open ? "" : "pointer-events-none opacity-0"}`} />
      <nav ref={side} aria-label={strings.sidebar.label} inert={narrow ? !open : !shown} onKeyDown={press}
        class={`fixed inset-y-0 left-0 z-30 flex w-72 max-w-[calc(100vw-3rem)] flex-col border-r border-line bg-side pt-[env(safe-area-inset-top)] transition-transform md:static md:z-auto md:w-68 md:translate-x-0 ${open ? "translate-x-0 shadow-xl" : "-translate-x-full"} ${shown ? "" : "md:hidden"}`}>
        <div class="flex h-14 shrink-0 items-center gap-2.5 pr-2 pl-4">
          <Mark />
          <span class="grow font-semibold tracking-tight">{strings.name}</span>
          <IconButton icon={narrow ? "close" : "side"} label={strings.sidebar.close} press={hide} />
        </div>
        <div class="flex shrink-0 flex-col gap-2 px-3 pb-2">
          <button type="button" onClick={() => { go(null); close(); }}
            class="flex w-full items-center gap-2 rounded-lg border border-line bg-raised px-3 py-2 text-sm font-medium transition-colors hover:bg-hover">
            <Icon name="plus" class="size-4.5" /> {strings.page.newConversation}
          </button>
          <div class="relative" role="search">
            <Icon name="search" class="pointer-events-none absolute inset-y-0 left-3 my-auto size-4.5 text-soft" />
            <input ref={field} type="search" value={written} onInput={(event) => write(event.currentTarget.value)}
              aria-label={strings.search.label} placeholder={strings.search.placeholder} maxLength={200} dir="auto" autoComplete="off"
              class="w-full rounded-lg border border-transparent bg-hover py-2 pr-9.5 pl-9.5 text-base placeholder:text-soft md:text-sm [&::-webkit-search-cancel-button]:hidden" />
            {written && <IconButton small icon="close" label={strings.search.clear} press={clear} class="absolute inset-y-0 right-1 my-auto" />}
          </div>
        </div>
        <div class="scroll-calm grow px-3 pb-3">
          {written.trim()
            ? <SearchResults view={view} written={written} opened={opened} close={close} tell={tell} />
            : <ConversationList view={view} opened={opened} close={close} rename={rename} remove={remove} />}
        </div>
        <div class="flex shrink-0 items-center gap-1 border-t border-line px-2 pt-1.5 pb-[max(0.375rem,env(safe-area-inset-bottom))]">
          <SettingsMenu help={help} />
          <span class="min-w-0 grow truncate text-sm text-soft">{view.welcome?.name}</span>
        </div>
      </nav>
    </>
  );
}

/** Let Esc close an open drawer; who opened it gets the focus back. */
function useDrawer(open: boolean, side: { readonly current: HTMLElement | null }, close: () => void): void {
  // Before the browser takes the focus from what the drawer covers.
  useLayoutEffect(() => {
    if (!open) return undefined;
    const opener = document.activeElement;
    const leave = (event: KeyboardEvent): void => {
      const field = event.target instanceof HTMLInputElement && event.target.value !== "";
      if (event.key !== "Escape" || field || document.querySelector('[role="menu"], dialog[open]')) return;
      event.preventDefault();
      close();
    };
    side.current?.querySelector("button")?.focus();
    addEventListener("keydown", leave, { capture: true });
    return () => {
      removeEventListener("keydown", leave, { capture: true });
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [open]);
}
