/** The messages of a thread, the last at the bottom. */

import { useEffect, useRef, useState } from "preact/hooks";
import { runOf } from "../core";
import type { Message, Model, Prompt, State } from "../core";
import { TextButton } from "./buttons";
import { useSurroundings } from "./context";
import { Icon } from "./icons";
import { Answer, Bubble, Failure, Thinking, UserMessage } from "./message";
import { useFollowing } from "./following";
import { useLasting } from "./banner";
import { strings } from "./strings";

interface Props {
  readonly state: State;
  readonly conversation: string | null;
  readonly messages: readonly Message[];
  /** Where the messages before these are; `null` if these are all. */
  readonly older: string | null;
  readonly prompts: readonly Prompt[];
  readonly models: readonly Model[];
  readonly live: boolean;
  readonly again: (text: string) => void;
  /** Take a prompt that failed back to where it was written. */
  readonly edit: (prompt: Prompt) => void;
}

/** Messages, and prompts that are on their way. */
export function Transcript({ state, conversation, messages, older, prompts, models, live, again, edit }: Props) {
  const { scroller, content, following, jump } = useFollowing(messages[0]?.id, prompts.length);
  const last = messages.at(-1);
  return (
    <div class="relative min-h-0 grow">
      <div ref={scroller} class="scroll-calm h-full" tabIndex={-1}>
        <div ref={content} role="log" aria-live="off" aria-label={strings.transcript.label}
          class="mx-auto flex max-w-3xl flex-col gap-7 px-4 pt-6 pb-8 leading-relaxed md:px-6">
          {older !== null && conversation !== null && <Older key={older} conversation={conversation} cursor={older} />}
          {messages.map((message) =>
            message.role === "user"
              ? <UserMessage key={message.client_message_id ?? message.id} message={message} />
              : <Answer key={message.id} message={message}
                  run={runOf(state, message)}
                  model={models.find(({ id }) => id === message.model)}
                  again={message === last && prompts.length === 0 ? retry(state, message, again) : undefined} />,
          )}
          {prompts.map((prompt) => <Pending key={prompt.id} prompt={prompt} live={live} edit={edit} />)}
          {prompts.some(({ failure }) => failure === undefined) && <Thinking />}
        </div>
      </div>
      <div class="pointer-events-none absolute inset-x-0 top-0 h-5 bg-linear-to-b from-ground to-transparent" />
      <div class="pointer-events-none absolute inset-x-0 bottom-0 h-6 bg-linear-to-t from-ground to-transparent" />
      {!following && (
        <button type="button" onClick={jump} aria-label={strings.transcript.jump}
          class="absolute bottom-3 left-1/2 grid size-10 -translate-x-1/2 place-items-center rounded-full border border-line bg-raised text-soft shadow-md hover:text-ink">
          <Icon name="arrowDown" />
        </button>
      )}
    </div>
  );
}

function retry(state: State, answer: Message, again: (text: string) => void): (() => void) | undefined {
  const prompt = answer.parent === null ? undefined : state.messages.get(answer.parent);
  const text = prompt?.parts.map((part) => part.text ?? "").join("");
  return text ? () => again(text) : undefined;
}

/** A prompt that the server does not have yet. */
function Pending({ prompt, live, edit }: { prompt: Prompt } & Pick<Props, "live" | "edit">) {
  const { chat } = useSurroundings();
  const slow = useLasting(prompt.failure === undefined, 1500);
  return (
    <article aria-label={strings.message.you} class="flex flex-col gap-2">
      <Bubble text={prompt.text} faint />
      {slow && <p class="text-right text-xs text-soft">{live ? strings.transcript.sending : strings.transcript.willSend}</p>}
      {prompt.failure !== undefined && (
        <Failure words={strings.transcript.notSent(prompt.failure)}>
          <TextButton press={() => chat.sender.send(prompt)}>{strings.transcript.tryAgain}</TextButton>
          <TextButton press={() => edit(prompt)}>{strings.transcript.edit}</TextButton>
        </Failure>
      )}
    </article>
  );
}

/** Fetches the page before when it comes into sight. */
function Older({ conversation, cursor }: { conversation: string; cursor: string }) {
  const { chat } = useSurroundings();
  const button = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const fetch = async (): Promise<void> => {
    setBusy(true);
    await chat.older(conversation, cursor).catch(() => undefined);
    setBusy(false);
  };
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void fetch();
    });
    if (button.current) seen.observe(button.current);
    return () => seen.disconnect();
  }, []);
  return (
    <div ref={button} class="text-center">
      <TextButton press={() => void fetch()} disabled={busy}>{strings.transcript.older}</TextButton>
    </div>
  );
}
