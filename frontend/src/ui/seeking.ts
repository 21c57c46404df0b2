/** Goes to a message of the conversation that is being opened. */

/** Milliseconds that a message may take to come before it is given up: it may be far back, or on another branch. */
const PATIENCE = 3000;

let sought: MutationObserver | undefined;

/** Show a message in the middle of the view, as soon as it is there; what is sought last counts. */
export function seek(message: string): void {
  sought?.disconnect();
  const look = (): boolean => {
    const found = document.querySelector(`[data-message="${CSS.escape(message)}"]`);
    if (!found) return false;
    sought?.disconnect();
    // A conversation that opens goes to its end first.
    requestAnimationFrame(() => requestAnimationFrame(() => found.scrollIntoView({ block: "center" })));
    return true;
  };
  if (look()) return;
  const observer = new MutationObserver(look);
  sought = observer;
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), PATIENCE);
}
