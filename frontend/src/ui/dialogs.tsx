/** Questions that need an answer before anything else goes on. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../core";
import { TextButton } from "./buttons";
import { sentence, useSurroundings } from "./context";
import { useModal } from "./modal";
import { strings } from "./strings";

interface Props {
  readonly about: Conversation;
  readonly close: () => void;
}

/** Asks for a new title. */
export function RenameDialog({ about, close }: Props) {
  const { chat } = useSurroundings();
  const [title, setTitle] = useState(about.title);
  const rename = async (): Promise<void> => {
    if (title.trim() && title.trim() !== about.title) await chat.rename(about.id, title.trim());
  };
  return (
    <Dialog label={strings.dialogs.renameLabel} act={rename} close={close} buttons={
      <TextButton kind="main" submits disabled={!title.trim()}>{strings.dialogs.rename}</TextButton>
    }>
      <input value={title} onInput={(event) => setTitle(event.currentTarget.value)} dir="auto" aria-label={strings.dialogs.titleLabel} maxLength={200}
        class="w-full rounded-lg border border-line bg-ground px-3 py-2 text-base outline-offset-0" />
    </Dialog>
  );
}

interface DialogProps {
  readonly label: string;
  readonly children: ComponentChildren;
  readonly buttons: ComponentChildren;
  readonly act: () => Promise<void>;
  readonly close: () => void;
}

function Dialog({ label, children, buttons, act, close }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useModal(dialog);
  useLayoutEffect(() => dialog.current?.querySelector("input")?.select(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setFailure(null);
    try {
      await act();
      close();
    } catch (error) {
      setFailure(sentence(error));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-label={label} onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
      class="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-2xl border border-line bg-raised p-0 shadow-xl">
      <form onSubmit={(event) => void submit(event)} class="flex flex-col gap-4 p-5">
        <h2 class="font-semibold">{label}</h2>
        {children}
        {failure && <p role="alert" class="text-sm text-danger">{failure}</p>}
        <div class="flex justify-end gap-2">
          <TextButton press={close}>{strings.page.cancel}</TextButton>
          {buttons}
        </div>
      </form>
    </dialog>
  );
}
