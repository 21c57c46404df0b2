/** The whole page: conversations at the side, one of them open. */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { isNew, listed, newThread } from "../core";
import type { Conversation, View } from "../core";
import { useSurroundings, useView } from "./context";
import { ConversationMenu } from "./conversation-menu";
import { copyLast } from "./copy-last";
import { RenameDialog } from "./dialogs";
import { HelpSheet } from "./help-sheet";
import { useKeeping } from "./keeping";
import { conversationIn, fragmentOf } from "./place";
import { useRemoval } from "./removal";
import { useShortcuts } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { strings } from "./strings";
import { ThreadPane } from "./thread-pane";
import { Toast, ToldRegion } from "./toast";
import type { Told } from "./toast";
import { useNarrow, useShown } from "./width";

/** The page. */
export function App() {
  const { chat, device } = useSurroundings();
  const view = useView();
  const [thread, go] = useThread(view);
  const conversation = isNew(thread) ? (view.begun.get(thread) ?? null) : thread;
  const narrow = useNarrow();
  const [drawer, setDrawer] = useState(false);
  const [shown, show] = useShown(device);
  const [wanted, want] = useState(0);
  const [renamed, rename] = useState<Conversation | null>(null);
  const [helping, help] = useState(false);
  const [told, tell] = useState<Told | null>(null);
  const known = conversation === null ? undefined : view.state.conversations.get(conversation);
  const remove = useRemoval(chat, conversation, known?.deleted === true, tell, go);

  useKeeping(chat, view);
  useEffect(() => chat.open(conversation), [chat, conversation]);
  useEffect(() => {
    document.title = known?.title ? strings.page.title(known.title) : strings.name;
  }, [known?.title]);
  useEffect(() => setDrawer(false), [thread]);

  const open = (is: boolean): void => (narrow ? setDrawer(is) : show(is));
  const move = (by: number): void => {
    const all = listed(view.state.conversations).map(({ id }) => id);
    // The address is ahead of what is drawn when keys come quickly.
    const at = all.indexOf(conversationIn(location.hash) ?? "");
    const next = all[at < 0 ? 0 : at + by];
    if (next !== undefined) go(next);
  };
  useShortcuts({
    new: () => go(null),
    search: () => {
      open(true);
      want(wanted + 1);
    },
    next: () => move(1),
    previous: () => move(-1),
    sidebar: () => open(narrow ? !drawer : !shown),
    write: () => {
      setDrawer(false);
      document.querySelector<HTMLElement>("[data-composer]")?.focus();
    },
    copy: () => void copyLast(view, conversation).then(tell),
    help: () => help(true),
  });

  return (
    <div class="flex h-dvh overflow-hidden pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)]">
      <Sidebar view={view} opened={conversation} open={drawer} shown={shown} narrow={narrow} wanted={wanted}
        close={() => setDrawer(false)} hide={() => open(false)} go={go} rename={rename} remove={remove} help={() => help(true)} tell={tell} />
      <div class="contents" inert={narrow && drawer}>
        <ThreadPane key={thread} view={view} thread={thread} conversation={conversation} go={go}
          menu={() => open(true)} listed={shown}
          actions={known && !known.deleted && <ConversationMenu conversation={known} rename={rename} remove={remove} tell={tell} />}
          toast={told && <Toast told={told} close={() => tell(null)} />} />
      </div>
      <ToldRegion told={told} />
      {renamed && <RenameDialog about={renamed} close={() => rename(null)} />}
      {helping && <HelpSheet close={() => help(false)} />}
    </div>
  );
}

/** The thread that is open: what the address names, or a new one; and the way to another. */
function useThread(view: View): [thread: string, go: (conversation: string | null) => void] {
  const [thread, setThread] = useState(() => conversationIn(location.hash) ?? freshThread(view));

  useEffect(() => {
    const follow = (): void => setThread((current) => {
      const named = conversationIn(location.hash);
      // A thread that began as new keeps its name, so that nothing of it is drawn anew.
      if (named !== null) return view.begun.get(current) === named ? current : named;
      return isNew(current) && !view.begun.has(current) ? current : freshThread(view);
    });
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [view]);

  const begun = view.begun.get(thread);
  useLayoutEffect(() => {
    if (begun !== undefined && conversationIn(location.hash) !== begun) {
      history.replaceState(null, "", fragmentOf(begun));
    }
  }, [begun]);

  return [thread, (conversation) => (location.hash = fragmentOf(conversation))];
}

/** Begin a new thread, unless one waits whose prompt is still on its way. */
function freshThread(view: View): string {
  return view.outbox.find((prompt) => isNew(prompt.thread))?.thread ?? newThread();
}
