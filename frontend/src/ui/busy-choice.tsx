/** What becomes of a prompt while an answer is being written: who writes it chooses, and the page remembers. */

import { useState } from "preact/hooks";
import { useSurroundings } from "./context";
import { strings } from "./strings";

/** `stop` the answer and send, or `wait` until it has ended. */
export type WhenBusy = "stop" | "wait";

const KEY = "onesocket:when-busy";
const ALL: readonly WhenBusy[] = ["stop", "wait"];

/** Return what was chosen last, and the way to choose. */
export function useWhenBusy(): [chosen: WhenBusy, choose: (when: WhenBusy) => void] {
  const { keeper } = useSurroundings();
  const [chosen, setChosen] = useState<WhenBusy>(() => (keeper.getItem(KEY) === "wait" ? "wait" : "stop"));
  const choose = (when: WhenBusy): void => {
    setChosen(when);
    try {
      keeper.setItem(KEY, when);
    } catch {
      // Storage is full: it holds as long as the page.
    }
  };
  return [chosen, choose];
}

/** The two ways, side by side. */
export function BusyChoice({ chosen, choose }: { chosen: WhenBusy; choose: (when: WhenBusy) => void }) {
  return (
    <fieldset class="flex min-w-0 rounded-lg border border-line p-0.5 text-xs">
      <legend class="sr-only">{strings.composer.whenBusy}</legend>
      {ALL.map((when) => (
        <label key={when}
          class="cursor-pointer rounded-md px-2 py-1 whitespace-nowrap hover:text-ink has-checked:bg-hover has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent">
          <input type="radio" name="when-busy" class="sr-only" checked={chosen === when} onChange={() => choose(when)} />
          {strings.composer.busy[when]}
        </label>
      ))}
    </fieldset>
  );
}
