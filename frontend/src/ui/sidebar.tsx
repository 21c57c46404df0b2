/** The list of conversations; a drawer where the screen is narrow. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { listed } from "../core";
import type { Conversation, View } from "../core";
import type { Question } from "./app";
import { IconButton } from "./buttons";
import { useSurroundings } from "./context";
import { Icon, Mark } from "./icons";
import { fragmentOf } from "./place";
import { strings } from "./strings";
import { daysAgo } from "./when";

interface Props {
  readonly view: View;
  readonly opened: string | null;
  readonly open: boolean;
  readonly close: () => void;
  readonly go: (conversation: string | null) => void;
  readonly ask: (question: Question) => void;
}

/** The list, and the way to a new conversation. */
export function Sidebar({ view, opened, open, close, go, ask }: Props) {
  const { conversations, next } = view.state;
  const groups = useMemo(() => grouped(listed(conversations)), [conversations]);
  const hidden = useNarrow() && !open;
  const list = useRef<HTMLElement>(null);

  useEffect(() => {
    if (!open) return undefined;
    const opener = document.activeElement;
    const leave = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
    };
    list.current?.querySelector("button")?.focus();
    addEventListener("keydown", leave, { capture: true });
    return () => {
      removeEventListener("keydown", leave, { capture: true });
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [open]);

  return (
    <>
      <div onClick={close} class={`fixed inset-0 z-20 bg-[rgb(0_0_0/0.35)] transition-opacity md:hidden ${open ? "" : "pointer-events-none opacity-0"}`} />
      <nav ref={list} aria-label={strings.sidebar.label} inert={hidden}
        class={`fixed inset-y-0 left-0 z-30 flex w-72 flex-col border-r border-line bg-side pt-[env(safe-area-inset-top)] transition-transform md:static md:z-auto md:w-68 md:translate-x-0 ${open ? "translate-x-0 shadow-xl" : "-translate-x-full"}`}>
        <div class="flex h-14 shrink-0 items-center gap-2.5 px-4">
          <Mark />
          <span class="grow font-semibold tracking-tight">{strings.name}</span>
          <IconButton icon="close" label={strings.sidebar.close} press={close} class="md:hidden" />
        </div>
        <div class="px-3 pb-2">
          <button type="button" onClick={() => { go(null); close(); }}
            class="flex w-full items-center gap-2 rounded-lg border border-line bg-raised px-3 py-2 text-sm font-medium transition-colors hover:bg-hover">
            <Icon name="plus" class="size-4.5" /> {strings.page.newConversation}
          </button>
        </div>
        <div class="scroll-calm grow px-3 pb-[max(1rem,env(safe-area-inset-bottom))]">
          {groups.map(([heading, items]) => (
            <section key={heading} aria-label={heading}>
              <h2 class="px-3 pt-4 pb-1 text-xs font-medium text-soft">{heading}</h2>
              <ul>
                {items.map((item) => (
                  <Entry key={item.id} conversation={item} opened={item.id === opened} ask={ask} close={close} />
                ))}
              </ul>
            </section>
          ))}
          {groups.length === 0 && next === null && (
            <p class="px-3 pt-6 text-sm text-soft">{strings.sidebar.empty}</p>
          )}
          {next && <More cursor={next} />}
        </div>
      </nav>
    </>
  );
}

interface EntryProps extends Pick<Props, "ask" | "close"> {
  readonly conversation: Conversation;
  readonly opened: boolean;
}

function Entry({ conversation, opened, ask, close }: EntryProps) {
  const { id, title } = conversation;
  return (
    <li class={`group relative rounded-lg transition-colors ${opened ? "bg-hover" : "hover:bg-hover"}`}>
      <a href={fragmentOf(id)} onClick={close} aria-current={opened ? "page" : undefined}
        class={`block truncate rounded-lg px-3 py-2 text-sm pointed:group-hover:pr-20 pointed:group-focus-within:pr-20 ${opened ? "font-medium" : ""}`}>
        {title || strings.page.untitled}
      </a>
      <div class="absolute inset-y-0 right-1 hidden items-center pointed:group-hover:flex pointed:group-focus-within:flex">
        <IconButton icon="pen" label={strings.sidebar.rename(title)} press={() => ask({ about: conversation, kind: "rename" })} />
        <IconButton icon="trash" label={strings.sidebar.delete(title)} press={() => ask({ about: conversation, kind: "delete" })} />
      </div>
    </li>
  );
}

/** Fetches the next page when it comes into sight. */
function More({ cursor }: { cursor: string }) {
  const { chat } = useSurroundings();
  const button = useRef<HTMLButtonElement>(null);
  const fetch = (): void => void chat.more().catch(() => undefined);
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) fetch();
    });
    if (button.current) seen.observe(button.current);
    return () => seen.disconnect();
  }, [cursor]);
  return (
    <button ref={button} type="button" onClick={fetch} class="w-full rounded-lg px-3 py-2 text-left text-sm text-soft hover:bg-hover">
      {strings.sidebar.more}
    </button>
  );
}

function grouped(conversations: readonly Conversation[]): [heading: string, items: Conversation[]][] {
  const now = new Date();
  const groups = new Map<string, Conversation[]>();
  for (const conversation of conversations) {
    const heading = daysAgo(conversation.updated_at, now);
    groups.set(heading, [...(groups.get(heading) ?? []), conversation]);
  }
  return [...groups];
}

/** Say whether the list is a drawer. */
function useNarrow(): boolean {
  const [query] = useState(() => matchMedia("(width < 48rem)"));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = (): void => setNarrow(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, [query]);
  return narrow;
}
