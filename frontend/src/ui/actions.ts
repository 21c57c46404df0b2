/** What can be done with messages; the same object as long as the thread is open, so that nothing is drawn anew for it. */

import { useMemo, useRef, useState } from "preact/hooks";
import type { Message, Prompt } from "../core";
import { sentence, useSurroundings } from "./context";
import { writeDraft } from "./drafts";

/** What a message, or a prompt on its way, can be asked for. */
export interface Actions {
  readonly beginEdit: (message: Message) => void;
  readonly cancelEdit: () => void;
  /** Save an edit as a sibling. */
  readonly saveEdit: (message: Message, text: string) => void;
  readonly regenerate: (message: Message, model?: string) => void;
  readonly continueAnswer: (message: Message) => void;
  readonly select: (message: Message, version: string) => void;
  /** Send a prompt that failed again, or one that waits at once. */
  readonly resend: (prompt: Prompt) => void;
  /** Take a prompt back to where it was written. */
  readonly takeBack: (prompt: Prompt) => void;
  readonly remove: (prompt: Prompt) => void;
}

/** What the actions need of the thread. */
interface Options {
  /** How prompts are sent right now. */
  readonly how: () => Pick<Prompt, "model" | "waits" | "interrupts">;
  /** Something was asked for that is shown near the top: the prompt of this key, or the newest if `null`. */
  readonly sent: (key: string | null) => void;
  /** The reader looks at another branch. */
  readonly moved: () => void;
  readonly give: (text: string) => void;
  readonly tell: (words: string) => void;
}

/** Return the actions, and the message that is being edited. */
export function useActions(options: Options): [actions: Actions, editing: string | null] {
  const { chat, keeper } = useSurroundings();
  const [editing, edit] = useState<string | null>(null);
  const current = useRef(options);
  current.current = options;
  const actions = useMemo((): Actions => {
    const keyOf = (message: Message): string | null => {
      const prompt = message.parent === null ? undefined : chat.store.view.state.messages.get(message.parent);
      return prompt ? (prompt.client_message_id ?? prompt.id) : null;
    };
    return {
      beginEdit: (message) => edit(message.id),
      cancelEdit: () => edit(null),
      saveEdit: (message, text) => {
        chat.edit(message, text, current.current.how());
        edit(null);
        current.current.sent(null);
      },
      regenerate: (message, model) => {
        chat.regenerate(message, model);
        current.current.sent(keyOf(message));
      },
      continueAnswer: (message) => chat.continueAnswer(message),
      select: (message, version) => {
        current.current.moved();
        chat.select(message.conversation, version).catch((error: unknown) => current.current.tell(sentence(error)));
      },
      resend: (prompt) => {
        if (prompt.waits) chat.sender.hurry(prompt.id);
        else chat.sender.send(prompt);
      },
      takeBack: ({ id }) => {
        const prompt = chat.sender.withdraw(id);
        if (!prompt) return;
        if (prompt.beside?.kind !== "edit") return current.current.give(prompt.text);
        writeDraft(keeper, prompt.beside.message, prompt.text);
        edit(prompt.beside.message);
      },
      remove: ({ id }) => chat.sender.withdraw(id),
    };
  }, [chat]);
  return [actions, editing];
}
