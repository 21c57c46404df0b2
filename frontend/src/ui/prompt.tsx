/** A user's turn: their words, and other words for them. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Message } from "../core";
import type { Actions } from "./actions";
import { BranchChooser } from "./branch-chooser";
import { IconButton } from "./buttons";
import { CopyButton } from "./copy-button";
import { Editor } from "./editor";
import { memo } from "./memo";
import { Bubble } from "./message";
import { strings } from "./strings";
import { Toolbar } from "./toolbar";

interface Props {
  readonly message: Message;
  /** All prompts in the same place, joined by commas. */
  readonly versions: string;
  readonly editing: boolean;
  /** Longest prompt, in UTF-16 code units. */
  readonly limit: number;
  readonly actions: Actions;
}

/** What somebody said. */
export const UserMessage = memo(({ message, versions, editing, limit, actions }: Props) => {
  const host = useRef<HTMLElement>(null);
  const before = useRef(editing);
  const text = message.parts.map((part) => part.text ?? "").join("");
  useLayoutEffect(() => {
    // Whoever closed the editor goes on where they opened it.
    if (before.current && !editing) host.current?.querySelector<HTMLElement>("[data-edit] button")?.focus({ preventScroll: true });
    before.current = editing;
  }, [editing]);
  return (
    <article ref={host} aria-label={strings.message.you} data-message={message.id}
      data-prompt={message.client_message_id ?? message.id} class="flex flex-col gap-1">
      {editing
        ? <Editor message={message} original={text} limit={limit} actions={actions} />
        : (
          <>
            <Bubble text={message.truncated ? strings.message.fetching : text} faint={message.truncated === true} />
            {!message.truncated && (
              <Toolbar label={strings.actions.label} class="-mb-3 justify-end">
                <BranchChooser message={message} versions={versions} select={actions.select} />
                <CopyButton text={() => text} />
                <span data-edit>
                  <IconButton small icon="pen" label={strings.actions.edit} press={() => actions.beginEdit(message)} />
                </span>
              </Toolbar>
            )}
          </>
        )}
    </article>
  );
});
