/** Where prompts are written; always usable, whatever the connection does. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { useSurroundings } from "./context";
import { readDraft, writeDraft } from "./drafts";
import { Icon } from "./icons";
import { strings } from "./strings";

interface Props {
  readonly thread: string;
  /** Longest prompt, in UTF-16 code units. */
  readonly limit: number;
  readonly answering: boolean;
  readonly stopping: boolean;
  /** A text to take in, as often as its number changes. */
  readonly given: { readonly text: string; readonly number: number };
  readonly send: (text: string) => void;
  readonly stop: () => void;
  /** What stands beside the button. */
  readonly children: ComponentChildren;
}

/** Milliseconds after the last key before a draft is kept. */
const REST = 300;

/** The field, its buttons, and what stands beside them. */
export function Composer({ thread, limit, answering, stopping, given, send, stop, children }: Props) {
  const { keeper } = useSurroundings();
  const [text, setText] = useState(() => readDraft(keeper, thread));
  const field = useRef<HTMLTextAreaElement>(null);
  const excess = text.length - limit;
  const sendable = text.trim() !== "" && excess <= 0;

  useKept(thread, text);
  useLayoutEffect(() => {
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) field.current?.focus({ preventScroll: true });
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
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    const touch = matchMedia("(hover: none) and (pointer: coarse)").matches;
    const always = event.ctrlKey || event.metaKey;
    if (!always && (event.shiftKey || event.altKey || touch)) return;
    event.preventDefault();
    submit();
  };

  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}
      class="mx-auto w-full max-w-3xl shrink-0 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-6 md:pb-5">
      <div class="rounded-2xl border border-line bg-raised shadow-sm transition-colors focus-within:border-soft/60">
        <textarea ref={field} value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={press}
          rows={Math.min(8, text.split("\n", 8).length)} aria-label={strings.composer.label} placeholder={strings.composer.placeholder} enterkeyhint="enter" autoComplete="off"
          class="field-grow block max-h-[40dvh] min-h-13 w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base leading-normal outline-none placeholder:text-soft" />
        <div class="flex items-center gap-2 px-2.5 pb-2.5">
          <div class="flex min-w-0 grow items-center gap-2 pl-1.5 text-sm text-soft">
            {excess > 0
              ? <span role="alert" class="text-danger">{strings.composer.tooLong(strings.page.count(excess))}</span>
              : children}
          </div>
          {answering && (
            <button type="button" onClick={stop} disabled={stopping} aria-label={stopping ? strings.composer.stopping : strings.composer.stop} title={strings.composer.stopHint}
              class="grid size-9 shrink-0 place-items-center rounded-full border border-line bg-ground text-ink transition hover:bg-hover disabled:opacity-50">
              <span class="size-3 rounded-[3px] bg-current" />
            </button>
          )}
          {(!answering || sendable) && (
            <button type="submit" disabled={!sendable} aria-label={strings.composer.send} title={strings.composer.sendHint}
              class="grid size-9 shrink-0 place-items-center rounded-full bg-accent text-on-accent transition hover:opacity-90 disabled:bg-hover disabled:text-soft">
              <Icon name="arrowUp" />
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

/** Keep a thread's draft when it rests, and when the page goes. */
function useKept(thread: string, text: string): void {
  const { keeper } = useSurroundings();
  const kept = useRef({ thread, text });
  const keep = useRef((): void => undefined);
  keep.current = () => {
    // What is unchanged here may have been changed in another tab.
    if (kept.current.thread === thread && kept.current.text === text) return;
    // A new thread that became a conversation takes its draft along.
    if (kept.current.thread !== thread) writeDraft(keeper, kept.current.thread, "");
    writeDraft(keeper, thread, text);
    kept.current = { thread, text };
  };
  useEffect(() => {
    // What was sent has nothing to wait for: it is kept elsewhere.
    if (text === "") return keep.current();
    const timer = setTimeout(() => keep.current(), REST);
    return () => clearTimeout(timer);
  }, [thread, text]);
  useEffect(() => {
    const now = (): void => keep.current();
    addEventListener("pagehide", now);
    document.addEventListener("visibilitychange", now);
    return () => {
      now();
      removeEventListener("pagehide", now);
      document.removeEventListener("visibilitychange", now);
    };
  }, []);
}
