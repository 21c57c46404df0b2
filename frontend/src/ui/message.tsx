/** One turn, as it is shown: a prompt, or an answer that may still be growing. */

import type { ComponentChildren } from "preact";
import type { HeldPart, Message, Model, Run } from "../core";
import { TextButton } from "./buttons";
import { endingOf } from "./endings";
import { GrowingText } from "./growing-text";
import { Icon } from "./icons";

/** A user's words, exactly as they were written. */
export function Bubble({ text, faint = false }: { text: string; faint?: boolean }) {
  return (
    <p class={`ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md bg-bubble px-4 py-2.5 wrap-anywhere whitespace-pre-wrap transition-opacity ${faint ? "opacity-60" : ""}`}>
      {text}
    </p>
  );
}

/** A user's turn. */
export function UserMessage({ message }: { message: Message }) {
  const text = message.parts.map((part) => part.text ?? "").join("");
  return (
    <article aria-label="You">
      <Bubble text={message.truncated ? "…" : text} faint={message.truncated === true} />
    </article>
  );
}

interface AnswerProps {
  readonly message: Message;
  readonly run: Run;
  readonly model: Model | undefined;
  /** Sends the prompt that this answers again; absent where that makes no sense. */
  readonly again?: (() => void) | undefined;
}

/** The model's turn, and how it ended. */
export function Answer({ message, run, model, again }: AnswerProps) {
  const parts = [...run.parts].filter(([, part]) => part.length > 0 || !run.ended);
  const runId = message.run?.id ?? message.id;
  const ending = endingOf(run);
  const last = parts.at(-1);
  return (
    <article aria-label="Answer" aria-busy={!run.ended} class="flex flex-col gap-3">
      {parts.map(([id, part]) =>
        part.type === "reasoning"
          ? <Reasoning key={id} run={runId} part={part} ended={run.ended} open={!run.ended && part === last?.[1]} />
          : <GrowingText key={id} run={runId} part={part} ended={run.ended} class={!run.ended && part === last?.[1] ? "growing" : ""} />,
      )}
      {!run.ended && last?.[1].type !== "text" && <Thinking />}
      {ending && (ending.wrong
        ? <Failure words={ending.words} wait={ending.wait}>{again && <TextButton press={again}>Ask again</TextButton>}</Failure>
        : <p class="text-sm text-soft">{ending.words}</p>)}
      {run.ended && <Colophon message={message} model={model} />}
    </article>
  );
}

function Reasoning({ run, part, ended, open }: { run: string; part: HeldPart; ended: boolean; open: boolean }) {
  return (
    <details class="group text-soft">
      <summary class="flex w-fit list-none items-center gap-1 rounded text-sm select-none hover:text-ink [&::-webkit-details-marker]:hidden">
        <Icon name="chevron" class="size-4 transition-transform group-open:rotate-90" />
        {open ? "Thinking…" : "Thoughts"}
      </summary>
      <GrowingText run={run} part={part} ended={ended} class="mt-2 ml-2 border-l-2 border-line pl-4 text-sm leading-relaxed" />
    </details>
  );
}

/** Something is to come. */
export function Thinking() {
  return (
    <p class="flex h-6 items-center gap-1.5" aria-hidden="true">
      <span class="size-2 animate-breathe rounded-full bg-soft" />
      <span class="size-2 animate-breathe rounded-full bg-soft [animation-delay:0.2s]" />
      <span class="size-2 animate-breathe rounded-full bg-soft [animation-delay:0.4s]" />
    </p>
  );
}

/** Something that went wrong, and what can be done. */
export function Failure({ words, wait, children }: { words: string; wait?: number | undefined; children?: ComponentChildren }) {
  return (
    <div class="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-danger-ground px-4 py-3 text-sm">
      <Icon name="warning" class="size-5 shrink-0 text-danger" />
      <p class="min-w-40 grow basis-0 wrap-anywhere">
        {words}
        {wait !== undefined && <span class="text-soft"> It may help to wait {seconds(wait)}.</span>}
      </p>
      <div class="flex gap-2">{children}</div>
    </div>
  );
}

function seconds(count: number): string {
  if (count < 90) return `${Math.ceil(count)} s`;
  return `${Math.ceil(count / 60)} minutes`;
}

/** Who answered. */
function Colophon({ message, model }: { message: Message; model: Model | undefined }) {
  const name = model?.name ?? message.model;
  if (!name) return null;
  return (
    <p class="flex items-center gap-2 text-xs text-soft">
      {name}
      {model?.demo && <Demo />}
      {message.leftOut !== undefined && <span>without the {message.leftOut} oldest messages</span>}
    </p>
  );
}

/** Says that a model is no believable assistant. */
export function Demo() {
  return (
    <span title="A small model that shows how things work. It is often wrong."
      class="rounded-full bg-notice-ground px-2 py-0.5 text-xs whitespace-nowrap text-notice">
      demo model
    </span>
  );
}
