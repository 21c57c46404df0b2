/** Where prompts are written; always usable, whatever the connection does. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { BusyChoice } from "./busy-choice";
import type { WhenBusy } from "./busy-choice";
import { useSurroundings } from "./context";
import { readDraft, useKept } from "./drafts";
import { Icon } from "./icons";
import { Length } from "./length";
import { strings } from "./strings";
import { isTouch, sends } from "./typing";

interface Props {
  readonly thread: string;
  /** Longest prompt, in UTF-16 code units. */
  readonly limit: number;
  readonly answering: boolean;
  readonly stopping: boolean;
  /** What becomes of a prompt that is sent while there is an answer. */
  readonly whenBusy: WhenBusy;
  readonly choose: (when: WhenBusy) => void;
  /** A text to take in, as often as its number changes. */
  readonly given: { readonly text: string; readonly number: number };
  readonly send: (text: string) => void;
  readonly stop: () => void;
  /** What stands beside the button. */
  readonly children: ComponentChildren;
}

/** UTF-16 code units from which on the field does not measure the text, which takes longer than a key may. */
const GREAT = 50_000;

/** The field, its buttons, and what stands beside them. */
export function Composer({ thread, limit, answering, stopping, whenBusy, choose, given, send, stop, children }: Props) {
  const { keeper } = useSurroundings();
  const [text, setText] = useState(() => readDraft(keeper, thread));
  const field = useRef<HTMLTextAreaElement>(null);
  const written = text.trim() !== "";
  const sendable = written && text.length <= limit;

  useKept(thread, text);
  useLayoutEffect(() => {
    if (!isTouch()) field.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (given.number === 0) return;
    // What is being written stays, beneath.
    setText((current) => (current.trim() ? `${given.text}\n\n${current}` : given.text));
    field.current?.focus();
  }, [given.number]);

  const submit = (): void => {
    if (!sendable) return;
    send(text);
    setText("");
  };
  const press = (event: KeyboardEvent): void => {
    if (!sends(event)) return;
    event.preventDefault();
    submit();
  };

  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}
      class="mx-auto w-full max-w-3xl shrink-0 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-6 md:pb-5">
      <div class="rounded-2xl border border-line bg-raised shadow-sm transition-colors focus-within:border-soft/60">
        <textarea ref={field} data-composer dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={press}
          rows={text.length < GREAT ? Math.min(8, text.split("\n", 8).length) : 8} aria-label={strings.composer.label} placeholder={strings.composer.placeholder} enterkeyhint="enter" autoComplete="off"
          class={`${text.length < GREAT ? "field-grow" : ""} block max-h-[40dvh] min-h-13 w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base leading-normal outline-none placeholder:text-soft`} />
        <div class="flex items-center gap-2 px-2.5 pb-2.5">
          <div class="flex min-w-0 grow items-center gap-2 pl-1.5 text-sm text-soft">
            {answering && written ? <BusyChoice chosen={whenBusy} choose={choose} /> : children}
            <Length length={text.length} limit={limit} />
          </div>
          {answering && (
            <button type="button" onClick={stop} disabled={stopping} aria-label={stopping ? strings.composer.stopping : strings.composer.stop} title={strings.composer.stopHint}
              class="grid size-9 shrink-0 place-items-center rounded-full border border-line bg-ground text-ink transition hover:bg-hover disabled:opacity-50">
              <span class="size-3 rounded-[3px] bg-current" />
            </button>
          )}
          {(!answering || sendable) && (
            <button type="submit" disabled={!sendable} aria-label={strings.composer.send} title={answering ? strings.composer.busyHint[whenBusy] : strings.composer.sendHint}
              class="grid size-9 shrink-0 place-items-center rounded-full bg-accent text-on-accent transition hover:opacity-90 disabled:bg-hover disabled:text-soft">
              <Icon name="arrowUp" />
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
