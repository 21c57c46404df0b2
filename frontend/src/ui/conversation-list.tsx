/** All conversations, the last changed first, by days. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { listed } from "../core";
import type { Conversation, View } from "../core";
import { IconButton } from "./buttons";
import { useSurroundings } from "./context";
import { fragmentOf } from "./place";
import { strings } from "./strings";
import { daysAgo } from "./when";

interface Props {
  readonly view: View;
  readonly opened: string | null;
  readonly close: () => void;
  readonly rename: (conversation: Conversation) => void;
  readonly remove: (conversation: Conversation) => void;
}

/** The list; it comes in pages. */
export function ConversationList({ view, opened, ...rest }: Props) {
  const { conversations, next } = view.state;
  const groups = useMemo(() => grouped(listed(conversations)), [conversations]);
  return (
    <>
      {groups.map(([heading, items]) => (
        <section key={heading} aria-label={heading}>
          <h2 class="px-3 pt-4 pb-1 text-xs font-medium text-soft">{heading}</h2>
          <ul>
            {items.map((item) => (
              <Entry key={item.id} conversation={item} opened={item.id === opened} {...rest} />
            ))}
          </ul>
        </section>
      ))}
      {groups.length === 0 && next === null && <p class="px-3 pt-6 text-sm text-soft">{strings.sidebar.empty}</p>}
      {next && <More cursor={next} />}
    </>
  );
}

interface EntryProps extends Pick<Props, "close" | "rename" | "remove"> {
  readonly conversation: Conversation;
  readonly opened: boolean;
}

function Entry({ conversation, opened, close, rename, remove }: EntryProps) {
  const { id, title } = conversation;
  const entry = useRef<HTMLLIElement>(null);
  const away = (): void => {
    // The focus goes to a neighbour, not away with the entry.
    (entry.current?.nextElementSibling ?? entry.current?.previousElementSibling)?.querySelector("a")?.focus();
    remove(conversation);
  };
  return (
    <li ref={entry} class={`group relative rounded-lg transition-colors ${opened ? "bg-hover" : "hover:bg-hover"}`}>
      <a href={fragmentOf(id)} onClick={close} aria-current={opened ? "page" : undefined} dir="auto"
        class={`block truncate rounded-lg px-3 py-2 text-sm pointed:group-hover:pr-20 pointed:group-focus-within:pr-20 ${opened ? "font-medium" : ""}`}>
        {title || strings.page.untitled}
      </a>
      <div class="absolute inset-y-0 right-1 hidden items-center pointed:group-hover:flex pointed:group-focus-within:flex">
        <IconButton icon="pen" label={strings.sidebar.rename(title)} press={() => rename(conversation)} />
        <IconButton icon="trash" label={strings.sidebar.delete(title)} press={away} />
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
