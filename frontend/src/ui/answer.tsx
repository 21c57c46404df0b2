/** The model's turn: what it says, how that ended, and what can be done with it. */

import { useState } from "preact/hooks";
import type { HeldPart, Message, Model, Run } from "../core";
import type { Actions } from "./actions";
import { BranchChooser } from "./branch-chooser";
import { IconButton, TextButton } from "./buttons";
import { CopyButton } from "./copy-button";
import { Details } from "./details";
import { canContinue, endingOf } from "./endings";
import { GrowingText } from "./growing-text";
import { memo } from "./memo";
import { Menu } from "./menu";
import { Demo, Failure, needsDemo, Thinking } from "./message";
import { Reasoning } from "./reasoning";
import { strings } from "./strings";
import { Toolbar } from "./toolbar";

interface Props {
  readonly message: Message;
  /** Grows in place: what follows says when that is worth drawing more than text. */
  readonly run: Run;
  readonly status: Run["status"];
  readonly parts: ReadonlyMap<string, HeldPart>;
  readonly count: number;
  readonly models: readonly Model[];
  /** All answers to the same prompt, joined by commas. */
  readonly versions: string;
  /** Whether nothing comes after it. */
  readonly last: boolean;
  readonly actions: Actions;
}

/** An answer, that may still be growing. */
export const Answer = memo((props: Props) => {
  const { message, run, last, actions } = props;
  const shown = [...run.parts].filter(([, part]) => part.length > 0 || !run.ended);
  const growing = run.ended ? undefined : shown.at(-1)?.[1];
  const ending = endingOf(run);
  const goOn = last && canContinue(run)
    && <TextButton press={() => actions.continueAnswer(message)}>{strings.actions.continue}</TextButton>;
  return (
    <article aria-label={strings.message.answer} aria-busy={!run.ended} data-message={message.id} class="flex flex-col gap-3">
      {shown.map(([id, part]) =>
        part.type === "reasoning"
          ? <Reasoning key={id} message={message} run={run} part={part} thinking={part === growing} />
          : <GrowingText key={id} run={message.run?.id ?? message.id} part={part} ended={run.ended}
              class={part === growing ? "growing" : ""} />,
      )}
      {!run.ended && growing?.type !== "text" && <Thinking />}
      {ending && (ending.wrong
        ? (
          <Failure words={ending.words} wait={ending.wait}>
            {goOn}
            {last && <TextButton press={() => actions.regenerate(message)}>{strings.message.askAgain}</TextButton>}
          </Failure>
        )
        : <div class="flex flex-wrap items-center gap-3 text-sm text-soft"><p>{ending.words}</p>{goOn}</div>)}
      <Footer {...props} />
    </article>
  );
});

function Footer({ message, run, models, versions, actions }: Props) {
  const [open, setOpen] = useState(false);
  const model = models.find(({ id }) => id === message.model);
  const chooser = <BranchChooser message={message} versions={versions} select={actions.select} />;
  if (!run.ended) return versions.includes(",") ? <Toolbar label={strings.actions.label} class="-ml-2">{chooser}</Toolbar> : null;
  const text = (): string =>
    [...run.parts.values()].filter(({ type }) => type === "text").map((part) => part.text).join("\n\n");
  const leftOut = run.metadata.leftOut ?? message.leftOut;
  const others = models.filter(({ id }) => id !== message.model)
    .map(({ id, name }) => ({ label: name, act: () => actions.regenerate(message, id) }));
  return (
    <div class="-mt-1 flex flex-col gap-2">
      <Toolbar label={strings.actions.label} class="-ml-2">
        <CopyButton text={text} />
        <IconButton small icon="again" label={strings.actions.regenerate} press={() => actions.regenerate(message)} />
        {others.length > 0 && (
          <Menu small icon="down" label={strings.actions.anotherModel} place="bottom-full left-0 mb-1" groups={[others]} />
        )}
        {chooser}
        <button type="button" aria-expanded={open} title={strings.actions.details} onClick={() => setOpen(!open)}
          class="flex h-8 min-w-0 items-center gap-2 rounded-lg px-2 text-xs hover:bg-hover hover:text-ink">
          <span class="truncate">{model?.name ?? message.model ?? strings.actions.details}</span>
          {needsDemo(model) && <Demo />}
        </button>
        {leftOut !== undefined && <span class="text-xs">{strings.message.leftOut(leftOut)}</span>}
      </Toolbar>
      {open && <Details message={message} run={run} model={model} />}
    </div>
  );
}
