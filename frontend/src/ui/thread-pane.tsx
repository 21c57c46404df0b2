/** The open thread: its title, its messages, and where the next prompt is written. */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { branch, newId, olderCursor, runningRun } from "../core";
import type { Message, Model, Prompt, State, View } from "../core";
import { Announcer } from "./announcer";
import { Banner } from "./banner";
import { IconButton, TextButton } from "./buttons";
import { Composer } from "./composer";
import { sentence, useSurroundings } from "./context";
import { endingOf } from "./endings";
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

/** All that is right of the list. */
export function ThreadPane({ view, thread, conversation, go, menu, listed, actions, toast }: Props) {
  const { chat } = useSurroundings();
  const { state, outbox, welcome, link } = view;
  const models = welcome?.models ?? [];
  const [chosen, choose] = useState<string | null>(null);
  const [notice, tell] = useState<string | null>(null);
  const [given, give] = useState({ text: "", number: 0 });

  const messages = useMemo(() => (conversation === null ? [] : branch(state, conversation)), [state, conversation]);
  const prompts = outbox.filter((prompt) => prompt.thread === (conversation ?? thread));
  const running = runningRun(state, messages);
  const sending = prompts.find(({ failure }) => failure === undefined);
  const stoppable = running?.id ?? sending?.id;
  const known = conversation === null ? undefined : state.conversations.get(conversation);
  const missing = conversation !== null && state.threads.get(conversation)?.missing === true;
  const model = modelFor(models, chosen, messages);

  const send = (text: string): void => {
    chat.sender.send({
      id: newId(),
      thread: conversation ?? thread,
      text,
      ...(model && { model: model.id }),
      ...(stoppable !== undefined && { interrupts: true }),
    });
  };
  const stop = (): void => {
    chat.stop(conversation ?? thread).catch((error: unknown) => tell(sentence(error)));
  };
  const edit = (prompt: Prompt): void => {
    give({ text: prompt.text, number: given.number + 1 });
    chat.sender.withdraw(prompt.id);
  };
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
              live={link.state === "live"} again={send} edit={edit} />}
      </div>
      {toast}
      {notice !== null && <Notice words={notice} close={() => tell(null)} />}
      {!missing && (
        <Composer thread={conversation ?? thread} limit={welcome?.limits["prompt"] ?? Infinity} given={given} send={send} stop={stop}
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
