/** The whole page: conversations at the side, one of them open. */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { isNew, newThread } from "../core";
import type { Conversation, View } from "../core";
import { useSurroundings, useView } from "./context";
import { DeleteDialog, RenameDialog } from "./dialogs";
import { Sidebar } from "./sidebar";
import { ThreadPane } from "./thread-pane";
import { conversationIn, fragmentOf } from "./place";
import { strings } from "./strings";

/** What is being asked about a conversation. */
export interface Question {
  readonly about: Conversation;
  readonly kind: "rename" | "delete";
}

/** The page. */
export function App() {
  const { chat } = useSurroundings();
  const view = useView();
  const [thread, go] = useThread(view);
  const conversation = isNew(thread) ? (view.begun.get(thread) ?? null) : thread;
  const [drawer, setDrawer] = useState(false);
  const [question, ask] = useState<Question | null>(null);
  const known = conversation === null ? undefined : view.state.conversations.get(conversation);

  useEffect(() => chat.open(conversation), [chat, conversation]);
  useEffect(() => {
    document.title = known?.title ? strings.page.title(known.title) : strings.name;
  }, [known?.title]);
  useEffect(() => {
    if (known?.deleted) go(null);
  }, [known?.deleted]);
  useEffect(() => setDrawer(false), [thread]);

  return (
    <div class="flex h-dvh overflow-hidden pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)]">
      <Sidebar view={view} opened={conversation} open={drawer} close={() => setDrawer(false)} go={go} ask={ask} />
      <ThreadPane key={thread} view={view} thread={thread} conversation={conversation} ask={ask} go={go}
        menu={() => setDrawer(true)} />
      {question?.kind === "rename" && <RenameDialog about={question.about} close={() => ask(null)} />}
      {question?.kind === "delete" && <DeleteDialog about={question.about} close={() => ask(null)} />}
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
