/** Deletes conversations at once, and takes that back. */

import type { Chat, Conversation } from "../core";
import { sentence } from "./context";
import { conversationIn } from "./place";
import { strings } from "./strings";
import type { Told } from "./toast";

/** Return what deletes a conversation; `opened` is the one that is looked at. */
export function useRemoval(
  chat: Chat,
  opened: string | null,
  tell: (told: Told | null) => void,
  go: (conversation: string | null) => void,
): (conversation: Conversation) => void {
  return ({ id }) => {
    const back = (): void => {
      chat.restore(id).then(
        () => {
          // Whoever looks at something else by now stays there.
          if (id === opened && conversationIn(location.hash) === null) go(id);
          tell({ words: strings.toast.restored });
        },
        (error: unknown) => tell({ words: sentence(error), wrong: true, action: { label: strings.page.tryAgain, act: back } }),
      );
    };
    chat.delete(id).then(
      () => tell({ words: strings.toast.deleted, action: { label: strings.toast.undo, act: back } }),
      (error: unknown) => tell({ words: sentence(error), wrong: true }),
    );
  };
}
