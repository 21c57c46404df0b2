/** What keys mean where somebody writes. */

/** Say whether a key sends what was written: Enter, but for a new line on touch; with Ctrl or Cmd always. */
export function sends(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || composes(event)) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return !event.shiftKey && !event.altKey && !isTouch();
}

/** Say whether a key belongs to what puts characters together, as for Japanese. */
export function composes(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Whether fingers are all there is to point with. */
export function isTouch(): boolean {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}
