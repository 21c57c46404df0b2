/** The way to a message that may be far back in its conversation, or on another branch. */

import { olderCursor } from "./selectors";
import type { Store, View } from "./store";
import { branch, compare, isWhole } from "./tree";

/** What of a chat is needed to come to a message. */
export interface Reachable {
  readonly store: Pick<Store, "view" | "watch">;
  older(conversation: string, before: string): Promise<void>;
  select(conversation: string, message: string): Promise<void>;
}

/**
 * Make `message` one of those that are known of the branch shown; return whether it is, at the end.
 *
 * The conversation has to be opened by somebody. Pages before are fetched as far as is needed. A message of another
 * branch is selected as by hand, on every device: which branch is shown is the conversation's, so a branch that only
 * this page shows would be gone with the next change of the head, and what is sent would answer to what nobody sees.
 *
 * @throws {CallError} The server refused, or was not reached.
 */
export async function reach(chat: Reachable, conversation: string, message: string, signal: AbortSignal): Promise<boolean> {
  let selected = false;
  for (let first: string | undefined; ; ) {
    await settled(chat.store, conversation, signal);
    const { state } = chat.store.view;
    if (signal.aborted || state.threads.get(conversation)?.missing) return false;
    const messages = branch(state, conversation);
    if (messages.some(({ id }) => id === message)) return true;
    const before = olderCursor(state, conversation, messages);
    const begins = messages[0]?.id;
    // Ids are in the order of their making, and nothing answers to what was made later.
    const further = before !== null && begins !== undefined && compare(message, begins) < 0;
    if (further) {
      // A page that brings nothing would be asked for again and again.
      if (begins === first) return false;
      first = begins;
      await chat.older(conversation, before);
    } else if (selected) return false;
    else {
      await chat.select(conversation, message);
      selected = true;
      first = undefined;
    }
  }
}

/** Wait until the branch shown is known from its end on, or will not be, or nobody waits any more. */
function settled(store: Reachable["store"], conversation: string, signal: AbortSignal): Promise<void> {
  const is = ({ state }: View): boolean => {
    const thread = state.threads.get(conversation);
    return signal.aborted || thread?.missing === true || (thread?.fresh === true && isWhole(state, conversation));
  };
  return new Promise((resolve) => {
    const look = (): void => {
      if (!is(store.view)) return;
      leave();
      signal.removeEventListener("abort", look);
      resolve();
    };
    const leave = store.watch(look);
    signal.addEventListener("abort", look);
    look();
  });
}
