/** Copies a text, on plain http, too, where browsers have no clipboard for scripts. */

/** Copy `text`; return whether that went well. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelecting(text);
  }
}

/** Copy the old way: something is selected, and what the browser would copy of it is replaced. */
function copyBySelecting(text: string): boolean {
  const selection = document.getSelection();
  if (!selection) return false;
  const before = Array.from({ length: selection.rangeCount }, (_, index) => selection.getRangeAt(index));
  const answer = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", answer);
  try {
    selection.selectAllChildren(document.body);
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    document.removeEventListener("copy", answer);
    selection.removeAllRanges();
    for (const range of before) selection.addRange(range);
  }
}
