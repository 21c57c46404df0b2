/** Pictures for buttons; each button says in words what it does. */

/** Lines on a square of 24. */
export const icons = {
  arrowUp: "M12 19V5m-6.5 6.5L12 5l6.5 6.5",
  arrowDown: "M12 5v14m6.5-6.5L12 19l-6.5-6.5",
  again: "M20 5v5h-5M19.5 10A8 8 0 1 0 20 14",
  back: "M15 6l-6 6 6 6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  chevron: "M9 6l6 6-6 6",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  dots: "M5.5 12a.5.5 0 11-1 0 .5.5 0 011 0zM12.5 12a.5.5 0 11-1 0 .5.5 0 011 0zM19.5 12a.5.5 0 11-1 0 .5.5 0 011 0z",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11m-5-5l5 5 5-5M5 20h14",
  keyboard: "M3 7h18v10H3zM7 10.5h.01M11 10.5h.01M15 10.5h.01M8 14h8",
  menu: "M4 7h16M4 12h16M4 17h10",
  pen: "M4 20h4L19 9l-4-4L4 16v4zM13 7l4 4",
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4.5 4.5",
  side: "M4 5h16v14H4zM9.5 5v14",
  sliders: "M4 8h8.5m5 0H20M4 16h2.5m5 0H20M15 5.5a2.5 2.5 0 110 5 2.5 2.5 0 010-5zM9 13.5a2.5 2.5 0 110 5 2.5 2.5 0 010-5z",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13",
  warning: "M12 8v5m0 3.5v.5M12 3l9.5 17h-19L12 3z",
} as const;

/** One of the pictures. */
export function Icon({ name, class: classes = "size-5" }: { name: keyof typeof icons; class?: string }) {
  return (
    <svg class={classes} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={icons[name]} />
    </svg>
  );
}

/** The sign of the product. */
export function Mark({ class: classes = "size-6" }: { class?: string }) {
  return (
    <svg class={classes} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" class="fill-accent" />
      <circle cx="16" cy="16" r="8.5" fill="none" stroke-width="2.5" class="stroke-ground" />
      <circle cx="16" cy="16" r="2.75" class="fill-ground" />
    </svg>
  );
}
