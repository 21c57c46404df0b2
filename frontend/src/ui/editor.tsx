/** Where a prompt is put in other words, in its place. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../core";
import type { Actions } from "./actions";
import { TextButton } from "./buttons";
import { useSurroundings } from "./context";
import { readDraft, useKept } from "./drafts";
import { Length } from "./length";
import { strings } from "./strings";
import { composes, sends } from "./typing";

interface Props {
  readonly message: Message;
  readonly original: string;
  /** Longest prompt, in UTF-16 code units. */
  readonly limit: number;
  readonly actions: Actions;
}

/** A field with the old words, or with what was made of them before. */
export function Editor({ message, original, limit, actions }: Props) {
  const { keeper } = useSurroundings();
  const [text, setText] = useState(() => readDraft(keeper, message.id) || original);
  const field = useRef<HTMLTextAreaElement>(null);
  const savable = text.trim() !== "" && text.length <= limit;
  const keep = useKept(message.id, text === original ? "" : text);
  useLayoutEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(text.length, text.length);
    field.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const save = (): void => {
    if (!savable) return;
    keep("");
    actions.saveEdit(message, text);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !composes(event)) {
      // It is the editor that Esc closes, not an answer that it stops.
      event.preventDefault();
      actions.cancelEdit();
    }
    if (!sends(event)) return;
    event.preventDefault();
    save();
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); save(); }}
      class="flex flex-col gap-2 rounded-2xl border border-line bg-raised p-2 shadow-sm focus-within:border-soft/60">
      <textarea ref={field} dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={press}
        aria-label={strings.editor.label} rows={Math.min(8, text.split("\n", 8).length)}
        class="field-grow block max-h-[50dvh] min-h-11 w-full resize-none bg-transparent px-2 py-1.5 text-base leading-normal outline-none" />
      <div class="flex flex-wrap items-center justify-end gap-2">
        <div class="min-w-0 grow px-2 text-sm text-soft">
          <Length length={text.length} limit={limit} />
        </div>
        {text !== original && <TextButton press={() => setText(original)}>{strings.editor.reset}</TextButton>}
        <TextButton press={actions.cancelEdit}>{strings.page.cancel}</TextButton>
        <TextButton kind="main" submits disabled={!savable}>{strings.editor.save}</TextButton>
      </div>
    </form>
  );
}
