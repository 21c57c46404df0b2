/** Deletes conversations at once, and takes that back. */

import { useEffect, useRef } from "preact/hooks";
import type { Chat, Conversation } from "../core";
import { sentence } from "./context";
import { moveDraft } from "./drafts";
import { conversationIn } from "./place";
import { strings } from "./strings";
import type { Told } from "./toast";

/**
 * Return what deletes a conversation; `opened` is the one that is looked at, and left when it is `deleted`.
 *
 * Where that was done elsewhere, what was being written to it goes along.
 */
export function useRemoval(
  chat: Chat,
  opened: string | null,
  deleted: boolean,
  tell: (told: Told | null) => void,
  go: (conversation: string | null) => void,
): (conversation: Conversation) => void {
  const here = useRef(new Set<string>());
  const backOf = (id: string) => {
    const back = (): void => {
      chat.restore(id).then(
        () => {
          here.current.delete(id);
          // Whoever looks at something else by now stays there.
          if (id === opened && conversationIn(location.hash) === null) go(id);
          tell({ words: strings.toast.restored });
        },
        (error: unknown) => tell({ words: sentence(error), wrong: true, action: { label: strings.page.tryAgain, act: back } }),
      );
    };
    return { label: strings.toast.undo, act: back };
  };
  useEffect(() => {
    if (!deleted || opened === null) return;
    if (!here.current.has(opened)) {
      moveDraft(chat.own, opened);
      tell({ words: strings.toast.deletedElsewhere, action: backOf(opened) });
    }
    go(null);
  }, [deleted]);
  return ({ id }) => {
    here.current.add(id);
    chat.delete(id).then(
      () => tell({ words: strings.toast.deleted, action: backOf(id) }),
      (error: unknown) => {
        here.current.delete(id);
        tell({ words: sentence(error), wrong: true });
      },
    );
  };
}
