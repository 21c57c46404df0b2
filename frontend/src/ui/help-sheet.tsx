/** Which keys do what. */

import { useRef } from "preact/hooks";
import { IconButton } from "./buttons";
import { useModal } from "./modal";
import { isMac, SHORTCUTS } from "./shortcuts";
import type { Deed, Shortcut } from "./shortcuts";
import { strings } from "./strings";

const DEEDS: readonly Deed[] = ["new", "search", "next", "previous", "sidebar", "write", "copy", "help"];

/** A dialog with a table. */
export function HelpSheet({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  const words = strings.shortcuts;
  const rows: [label: string, combinations: string[][]][] = [
    ...DEEDS.map((deed): [string, string[][]] => [
      words[deed],
      SHORTCUTS.filter((shortcut) => shortcut.deed === deed).map(keysOf),
    ]),
    [words.send, [[words.enter], [isMac() ? words.command : words.control, words.enter]]],
    [words.line, [[words.shift, words.enter]]],
    [words.stop, [[words.escape]]],
  ];
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
      class="m-auto max-h-[calc(100dvh-2rem)] w-[min(28rem,calc(100vw-2rem))] rounded-2xl border border-line bg-raised p-0 shadow-xl">
      <div class="flex flex-col gap-3 p-5">
        <div class="flex items-center">
          <h2 id="help-title" class="grow font-semibold">{words.label}</h2>
          <IconButton icon="close" label={strings.page.close} press={close} />
        </div>
        <dl class="flex flex-col text-sm">
          {rows.map(([label, combinations]) => (
            <div key={label} class="flex items-center gap-4 border-t border-line py-2 first:border-0">
              <dt class="grow">{label}</dt>
              <dd class="flex flex-wrap items-center justify-end gap-x-2 gap-y-1 text-soft">
                {combinations.map((keys, index) => (
                  <span key={index} class="flex items-center gap-1">
                    {index > 0 && <span class="pr-1">{words.or}</span>}
                    {keys.map((key) => (
                      <kbd key={key} class="rounded-md border border-line bg-ground px-1.5 py-0.5 font-sans text-xs whitespace-nowrap text-ink">{key}</kbd>
                    ))}
                  </span>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}

function keysOf({ key, control, shift, alt }: Shortcut): string[] {
  const words = strings.shortcuts;
  const arrows: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑", Escape: words.escape };
  return [
    ...(control ? [isMac() ? words.command : words.control] : []),
    ...(alt ? [isMac() ? words.option : words.alt] : []),
    ...(shift ? [words.shift] : []),
    arrows[key] ?? key.replace(/^Key/, ""),
  ];
}
