/** Boxes that are too narrow for what they hold: they can be scrolled with the keyboard, and only then be reached. */

let observer: ResizeObserver | null = null;

/** Make `box` focusable whenever it has something to scroll. */
export function watchScrolling(box: HTMLElement): void {
  if (typeof ResizeObserver === "undefined") return;
  // It is told after layout, when to ask for a width costs nothing.
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  observer.observe(box);
}
