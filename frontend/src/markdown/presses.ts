/** What a press on something in a text does. */

import { linkAddress } from "./addresses";
import { copyText } from "./clipboard";
import type { Labels } from "./labels";

/** Milliseconds for which a button says that something was copied. */
const SAID_FOR = 2000;

/** Listen for presses in `host`. */
export function listen(host: HTMLElement, labels: Labels, copy = copyText): void {
  host.addEventListener("click", (event) => {
    const target = event.target as Element | null;
    const button = target?.closest?.<HTMLElement>("button.md-copy");
    if (button) void copyCode(button, labels, copy);
    const link = target?.closest?.('a[href^="#"]');
    if (!link || !host.contains(link)) return;
    // The page keeps its place in the fragment of its address: a text does not get to change it.
    event.preventDefault();
    scrollTo(host, (link.getAttribute("href") ?? "").slice(1));
  });
}

async function copyCode(button: HTMLElement, labels: Labels, copy: (text: string) => Promise<boolean>): Promise<void> {
  const text = button.closest(".md-code")?.querySelector("code")?.textContent ?? "";
  if (!(await copy(text))) return;
  button.textContent = labels.copied;
  setTimeout(() => {
    button.textContent = labels.copy;
  }, SAID_FOR);
}

/** Show the heading that a table of contents means: its words in small letters, with hyphens between them. */
function scrollTo(host: HTMLElement, name: string): void {
  for (const heading of host.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const words = (heading.textContent ?? "").trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
    // Encoded as the address of a link is.
    if (linkAddress(`#${words.replace(/\s/g, "-")}`)?.toLowerCase() === `#${name.toLowerCase()}`) {
      heading.scrollIntoView({ block: "start" });
      return;
    }
  }
}
