/** Light, dark, or as the system; a matter of the device, not of the user. */

import type { Keeper } from "../core";

/** The themes, the default first. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "onesocket:theme";

/** Return the theme that was chosen on this device. */
export function readTheme(device: Keeper): Theme {
  const kept = device.getItem(KEY);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

/** Keep a theme, and show it. */
export function chooseTheme(device: Keeper, theme: Theme): void {
  try {
    if (theme === "system") device.removeItem(KEY);
    else device.setItem(KEY, theme);
  } catch {
    // Storage is full: the theme lasts as long as the page then.
  }
  showTheme(theme);
}

/** Show a theme: all colours follow from `color-scheme`, which the style sheet sets by this attribute. */
export function showTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  // What browsers colour around the page: of the two colours the one that is shown.
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.dataset["scheme"] ?? (meta.media.includes("dark") ? "dark" : "light");
    meta.dataset["scheme"] = own;
    meta.media = theme === "system" ? `(prefers-color-scheme: ${own})` : theme === own ? "all" : "not all";
  }
}
