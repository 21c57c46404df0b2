/** The messages of a thread, the last at the bottom. */

import { useMemo } from "preact/hooks";
import { isSending, place, runOf, siblings } from "../core";
import type { Message, Model, Prompt, State } from "../core";
import type { Actions } from "./actions";
import { Answer } from "./answer";
import { useSurroundings } from "./context";
import { useDrawn } from "./drawn";
import { useFollowing } from "./following";
import type { Move } from "./following";
import { Icon } from "./icons";
import { Thinking } from "./message";
import { Older } from "./older";
import { Pending } from "./pending";
import { UserMessage } from "./prompt";
import { strings } from "./strings";

interface Props {
  readonly state: State;
  readonly conversation: string | null;
  readonly messages: readonly Message[];
  /** Where the messages before these are; `null` if these are all. */
  readonly older: string | null;
  readonly prompts: readonly Prompt[];
  readonly models: readonly Model[];
  /** Longest prompt, in UTF-16 code units. */
  readonly limit: number;
  readonly live: boolean;
  /** Where the reader wants to be. */
  readonly move: Move;
  readonly actions: Actions;
  /** The message that is being edited. */
  readonly editing: string | null;
}

/** Messages, and prompts that are on their way. */
export function Transcript(props: Props) {
  const { state, conversation, messages, older, prompts, models, limit, live, move, actions, editing } = props;
  const placed = useMemo(() => place(messages, prompts), [messages, prompts]);
  const { messages: drawn, before, more } = useDrawn(placed.messages, move);
  const { chat } = useSurroundings();
  const sending = placed.last.filter(isSending);
  const { scroller, content, space, following, jump } =
    useFollowing(drawn[0]?.id, move, sending.at(-1)?.id ?? null);
  const versions = useMemo(
    () => new Map(drawn.map((message) => [message.id, siblings(state, message).join(",")])),
    [state.messages, drawn],
  );
  const last = sending.length === 0 ? placed.messages.at(-1) : undefined;
  const pending = (prompt: Prompt) => <Pending key={prompt.id} prompt={prompt} live={live} actions={actions} />;
  return (
    <div class="relative min-h-0 grow">
      <div ref={scroller} class="scroll-calm h-full" tabIndex={-1}>
        <div ref={content} role="log" aria-live="off" aria-label={strings.transcript.label}
          class="mx-auto flex max-w-3xl flex-col gap-5 px-4 pt-6 pb-8 leading-relaxed md:px-6">
          {before !== null && <Older key={before} more={more} />}
          {before === null && older !== null && conversation !== null
            && <Older key={older} more={() => chat.older(conversation, older).catch(() => undefined)} />}
          {drawn.flatMap((message) => {
            const key = message.client_message_id ?? message.id;
            const of = versions.get(message.id) ?? message.id;
            const run = runOf(state, message);
            return [
              message.role === "user"
                ? <UserMessage key={key} message={message} versions={of} editing={editing === message.id} limit={limit} actions={actions} />
                : <Answer key={key} message={message} run={run} status={run.status} parts={run.parts} count={run.parts.size}
                    models={models} versions={of} last={message === last} actions={actions} />,
              ...(placed.beside.get(message.id) ?? []).map(pending),
            ];
          })}
          {placed.last.map(pending)}
          {sending.length > 0 && live && <Thinking />}
        </div>
        <div ref={space} aria-hidden="true" />
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
