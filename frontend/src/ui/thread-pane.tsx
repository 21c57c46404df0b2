/** The open thread: its title, its messages, and where the next prompt is written. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { branch, isSending, newId, olderCursor, runIn, runningRun } from "../core";
import type { Message, Model, Prompt, State, View } from "../core";
import { useActions } from "./actions";
import { Announcer } from "./announcer";
import { Banner } from "./banner";
import { useWhenBusy } from "./busy-choice";
import { IconButton, TextButton } from "./buttons";
import { Composer } from "./composer";
import { sentence, useSurroundings } from "./context";
import { endingOf } from "./endings";
import type { Move } from "./following";
import { Mark } from "./icons";
import { Demo } from "./message";
import { ModelChoice } from "./model-choice";
import { Notice } from "./notice";
import { Progress } from "./progress";
import { strings } from "./strings";
import { Transcript } from "./transcript";

interface Props {
  readonly view: View;
  readonly thread: string;
  /** The thread's conversation, once it has begun. */
  readonly conversation: string | null;
  readonly go: (conversation: string | null) => void;
  /** Opens the list. */
  readonly menu: () => void;
  /** Whether the list is there where it is no drawer. */
  readonly listed: boolean;
  /** What can be done with the conversation. */
  readonly actions: ComponentChildren;
  /** What was just done, above where prompts are written. */
  readonly toast: ComponentChildren;
}

const NO_MODELS: readonly Model[] = [];
/** UTF-16 code units of a prompt as long as no server has said what it takes: more might break the connection each time. */
const USUAL_LIMIT = 32_000;

/** All that is right of the list. */
export function ThreadPane({ view, thread, conversation, go, menu, listed, actions, toast }: Props) {
  const { chat } = useSurroundings();
  const { state, outbox, welcome, link } = view;
  const models = welcome?.models ?? NO_MODELS;
  const limit = welcome?.limits["prompt"] ?? USUAL_LIMIT;
  const [chosen, choose] = useState<string | null>(null);
  const [whenBusy, chooseWhenBusy] = useWhenBusy();
  const [notice, tell] = useState<string | null>(null);
  const [given, give] = useState({ text: "", number: 0 });
  const [move, moveTo] = useState<Move>({ number: 0, to: "latest" });

  const messages = useMemo(() => (conversation === null ? [] : branch(state, conversation)), [state, conversation]);
  const here = conversation ?? thread;
  const prompts = useMemo(() => outbox.filter((prompt) => prompt.thread === here), [outbox, here]);
  const running = runningRun(state, messages);
  // An answer on another branch is in the way, too.
  const stoppable = runIn(state, here) ?? prompts.find(isSending)?.id;
  const known = conversation === null ? undefined : state.conversations.get(conversation);
  const missing = conversation !== null && state.threads.get(conversation)?.missing === true;
  const model = modelFor(models, chosen, messages);

  const lead = (to: Move["to"]): void => moveTo(({ number }) => ({ number: number + 1, to }));
  const how = (): Pick<Prompt, "model" | "waits" | "interrupts"> => ({
    ...(model && { model: model.id }),
    ...(stoppable !== undefined && (whenBusy === "stop" ? { interrupts: true } : { waits: true })),
  });
  const sent = (key: string | null): void => {
    const newest = chat.sender.prompts.at(-1);
    if (key !== null) lead({ prompt: key });
    else if (newest?.waits) lead(newest.beside ? "here" : "latest");
    else if (newest) lead({ prompt: newest.id });
  };
  const send = (text: string): void => {
    chat.sender.send({ id: newId(), thread: here, text, ...how() });
    sent(null);
  };
  const stop = (): void => {
    chat.stop(here).catch((error: unknown) => tell(sentence(error)));
  };
  const [messageActions, editing] = useActions({
    how, sent, tell,
    moved: () => lead("here"),
    give: (text) => give({ text, number: given.number + 1 }),
  });
  useEscape(stoppable === undefined ? null : stop);

  const empty = messages.length === 0 && prompts.length === 0;
  return (
    <main class="relative flex min-w-0 grow flex-col pt-[env(safe-area-inset-top)]">
      <header class="flex h-14 shrink-0 items-center gap-1 px-2 md:px-4">
        <IconButton icon="menu" label={strings.sidebar.open} press={menu} class={listed ? "md:hidden" : ""} />
        <div class="min-w-0 grow px-1">
          <h1 dir="auto" class={known?.title ? "truncate font-medium" : "sr-only"}>{known?.title || strings.page.newConversation}</h1>
        </div>
        {actions}
        <IconButton icon="plus" label={strings.page.newConversation} press={() => go(null)} class={listed ? "md:hidden" : ""} />
      </header>
      <div class="relative flex min-h-0 grow flex-col">
        <Banner link={link} known={welcome !== null} recalled={view.recalled} />
        {empty
          ? <Empty missing={missing} loading={conversation !== null && !missing} model={model} go={go} />
          : <Transcript state={state} conversation={conversation} messages={messages} prompts={prompts} models={models}
              older={conversation === null ? null : olderCursor(state, conversation, messages)}
              limit={limit} live={link.state === "live"} move={move} actions={messageActions} editing={editing} />}
      </div>
      {toast}
      {notice !== null && <Notice words={notice} close={() => tell(null)} />}
      {!missing && (
        <Composer thread={here} limit={limit} given={given} send={send} stop={stop} whenBusy={whenBusy} choose={chooseWhenBusy}
          answering={stoppable !== undefined} stopping={stoppable !== undefined && view.stopping.has(stoppable)}>
          <ModelChoice models={models} model={model} choose={choose} />
          <Progress run={running?.run ?? null} live={link.state === "live"}
            stopping={stoppable !== undefined && view.stopping.has(stoppable)} />
        </Composer>
      )}
      <Announcer answering={running !== null} ending={lastEnding(state, messages)} link={link} />
    </main>
  );
}

/** The model that the next prompt goes to: the chosen one, else the thread's last, else the default. */
function modelFor(models: readonly Model[], chosen: string | null, messages: readonly Message[]): Model | undefined {
  const wanted = chosen ?? messages.findLast(({ model }) => model !== undefined)?.model;
  return models.find(({ id }) => id === wanted) ?? models.find((model) => model.default) ?? models[0];
}

function lastEnding(state: State, messages: readonly Message[]) {
  const told = messages.at(-1)?.run;
  const run = told && state.runs.get(told.id);
  return run ? endingOf(run) : null;
}

/** Do something at Esc, unless that closes a dialog or the list. */
function useEscape(act: (() => void) | null): void {
  useEffect(() => {
    if (!act) return undefined;
    const press = (event: KeyboardEvent): void => {
      const meant = event.key === "Escape" && !event.isComposing && !event.defaultPrevented;
      if (meant && !document.querySelector("dialog[open]")) act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [act]);
}

interface EmptyProps extends Pick<Props, "go"> {
  readonly missing: boolean;
  readonly loading: boolean;
  readonly model: Model | undefined;
}

function Empty({ missing, loading, model, go }: EmptyProps) {
  if (loading) return <div class="grow" aria-busy="true" />;
  return (
    <div class="flex grow flex-col items-center justify-center gap-4 px-6 pb-[10vh] text-center">
      <Mark class="size-11" />
      <h2 class="text-2xl font-semibold tracking-tight text-balance">
        {missing ? strings.empty.missing : strings.empty.greeting}
      </h2>
      {missing && (
        <>
          <p class="text-soft">{strings.empty.missingWhy}</p>
          <TextButton press={() => go(null)}>{strings.empty.beginNew}</TextButton>
        </>
      )}
      {!missing && model?.demo && (
        <p class="max-w-md text-sm text-balance text-soft">
          {strings.empty.demoBefore} <Demo /> {strings.empty.demoAfter}
        </p>
      )}
    </div>
  );
}
