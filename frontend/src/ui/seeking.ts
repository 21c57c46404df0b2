/** Goes to a message of the conversation that is being opened. */

/** Milliseconds that a message may take to come before it is given up: it may be far back, or on another branch. */
const PATIENCE = 3000;

let sought: MutationObserver | undefined;
let soughtId: string | null = null;
const watchers = new Set<(message: string) => void>();

/** Return the message that is being sought right now, if one is. */
export const soughtNow = (): string | null => soughtId;

/** Call `watcher` with every message that is sought, until the function returned is called. */
export function watchSeeking(watcher: (message: string) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Show a message in the middle of the view, as soon as it is there; what is sought last counts. */
export function seek(message: string): void {
  sought?.disconnect();
  soughtId = message;
  for (const watcher of watchers) watcher(message);
  const look = (): boolean => {
    const found = document.querySelector(`[data-message="${CSS.escape(message)}"]`);
    if (!found) return false;
    sought?.disconnect();
    soughtId = null;
    // A conversation that opens goes to its end first.
    requestAnimationFrame(() => requestAnimationFrame(() => found.scrollIntoView({ block: "center" })));
    return true;
  };
  if (look()) return;
  const observer = new MutationObserver(look);
  sought = observer;
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => {
    observer.disconnect();
    if (soughtId === message) soughtId = null;
  }, PATIENCE);
}
