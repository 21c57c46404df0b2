/** Buttons that look alike. */

import type { ComponentChildren } from "preact";
import { Icon } from "./icons";
import type { icons } from "./icons";

interface IconButtonProps {
  readonly icon: keyof typeof icons;
  /** What the button does, in words. */
  readonly label: string;
  readonly press: () => void;
  /** Whether the menu that it opens is open; absent where it opens none. */
  readonly expanded?: boolean;
  /** Whether it is one of many, and looks like it. */
  readonly small?: boolean;
  readonly class?: string;
}

/** A button that is a picture. */
export function IconButton({ icon, label, press, expanded, small, class: classes = "" }: IconButtonProps) {
  return (
    <button type="button" aria-label={label} title={label} onClick={press}
      {...(expanded !== undefined && { "aria-haspopup": "menu", "aria-expanded": expanded })}
      class={`grid ${small ? "h-8 min-w-8" : "size-9"} shrink-0 place-items-center rounded-lg text-soft transition-colors hover:bg-hover hover:text-ink ${classes}`}>
      <Icon name={icon} class={small ? "size-4" : "size-5"} />
    </button>
  );
}

interface TextButtonProps {
  readonly children: ComponentChildren;
  readonly press?: () => void;
  readonly kind?: "plain" | "main" | "danger";
  readonly submits?: boolean;
  readonly disabled?: boolean;
}

const KINDS = {
  plain: "border-line bg-raised hover:bg-hover",
  main: "border-accent bg-accent text-on-accent hover:opacity-90",
  danger: "border-danger bg-danger text-ground hover:opacity-90",
};

/** A button that is a word. */
export function TextButton({ children, press, kind = "plain", submits, disabled }: TextButtonProps) {
  return (
    <button type={submits ? "submit" : "button"} disabled={disabled ?? false} {...(press && { onClick: press })}
      class={`rounded-lg border px-3 py-1.5 text-sm font-medium transition disabled:opacity-50 ${KINDS[kind]}`}>
      {children}
    </button>
  );
}
