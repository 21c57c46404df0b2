/** What messages are made of. */

import type { ComponentChildren } from "preact";
import type { Model } from "../core";
import { Icon } from "./icons";
import { strings } from "./strings";

/** A user's words, exactly as they were written. */
export function Bubble({ text, faint = false }: { text: string; faint?: boolean }) {
  return (
    <p dir="auto" class={`ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md bg-bubble px-4 py-2.5 wrap-anywhere whitespace-pre-wrap transition-opacity ${faint ? "opacity-75" : ""}`}>
      {text}
    </p>
  );
}

/** Something is to come. */
export function Thinking() {
  return (
    <p class="flex h-6 items-center gap-1.5" aria-hidden="true">
      <span class="size-2 animate-breathe rounded-full bg-soft" />
      <span class="size-2 animate-breathe rounded-full bg-soft [animation-delay:0.2s]" />
      <span class="size-2 animate-breathe rounded-full bg-soft [animation-delay:0.4s]" />
    </p>
  );
}

/** Something that went wrong, and what can be done. */
export function Failure({ words, wait, children }: { words: string; wait?: number | undefined; children?: ComponentChildren }) {
  return (
    <div class="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-danger-ground px-4 py-3 text-sm">
      <Icon name="warning" class="size-5 shrink-0 text-danger" />
      <p class="min-w-40 grow basis-0 wrap-anywhere">
        {words}
        {wait !== undefined && <span class="text-soft"> {strings.message.wait(seconds(wait))}</span>}
      </p>
      <div class="flex gap-2">{children}</div>
    </div>
  );
}

function seconds(count: number): string {
  if (count < 90) return strings.page.seconds(Math.ceil(count));
  return strings.page.minutes(Math.ceil(count / 60));
}

/** Say whether a demo model has to be called one, since its name does not. */
export function needsDemo(model: Pick<Model, "name" | "demo"> | undefined): boolean {
  return model?.demo === true && !strings.message.saysDemo(model.name);
}

/** Says that a model is no believable assistant. */
export function Demo() {
  return (
    <span title={strings.message.demoHint}
      class="rounded-full bg-notice-ground px-2 py-0.5 text-xs whitespace-nowrap text-notice">
      {strings.message.demo}
    </span>
  );
}
