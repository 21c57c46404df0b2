/** Dialogs that everything else waits for. */

import { useLayoutEffect } from "preact/hooks";
import type { RefObject } from "preact";

/** Show a dialog as long as it is there; whoever opened it gets the focus back. */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // One that is only taken away gives nothing back.
    return () => shown?.close();
  }, []);
}
