/** A sentence about something that did not work, above the composer until it is read. */

import { IconButton } from "./buttons";
import { strings } from "./strings";

/** One sentence. */
export function Notice({ words, close }: { words: string; close: () => void }) {
  return (
    <div role="alert" class="mx-auto mb-2 flex w-[calc(100%-1.5rem)] max-w-2xl items-center gap-2 rounded-xl bg-danger-ground py-1.5 pr-1.5 pl-4 text-sm">
      <p class="grow wrap-anywhere">{words}</p>
      <IconButton icon="close" label={strings.page.dismiss} press={close} />
    </div>
  );
}
