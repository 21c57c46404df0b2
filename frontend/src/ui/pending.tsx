/** Something asked for that the server does not have yet. */

import type { Prompt } from "../core";
import { isSending } from "../core";
import type { Actions } from "./actions";
import { useLasting } from "./banner";
import { TextButton } from "./buttons";
import { Bubble, Failure } from "./message";
import { memo } from "./memo";
import { strings } from "./strings";

interface Props {
  readonly prompt: Prompt;
  /** Whether there is a connection. */
  readonly live: boolean;
  readonly actions: Actions;
}

/** A prompt on its way, or one that waits, or did not get there; or another answer that was asked for so. */
export const Pending = memo(({ prompt, live, actions }: Props) => {
  const sending = isSending(prompt);
  const slow = useLasting(sending, 1500);
  const words = strings.transcript;
  const own = prompt.text !== "";
  if (!own && sending && !slow) return null;
  return (
    <article aria-label={own ? strings.message.you : words.another} data-prompt={prompt.id} class="flex flex-col gap-2">
      {own && <Bubble text={prompt.text} faint />}
      {slow && <p class="text-right text-xs text-soft">{live ? words.sending : words.willSend}</p>}
      {prompt.waits && (
        <div class="flex flex-wrap items-center justify-end gap-2 text-sm text-soft">
          <p>{words.waits}</p>
          <TextButton press={() => actions.resend(prompt)}>{words.sendNow}</TextButton>
          {own && <TextButton press={() => actions.takeBack(prompt)}>{words.edit}</TextButton>}
          <TextButton press={() => actions.remove(prompt)}>{words.remove}</TextButton>
        </div>
      )}
      {prompt.failure !== undefined && (
        <Failure words={words.notSent(prompt.failure)}>
          <TextButton press={() => actions.resend(prompt)}>{words.tryAgain}</TextButton>
          {own
            ? <TextButton press={() => actions.takeBack(prompt)}>{words.edit}</TextButton>
            : <TextButton press={() => actions.remove(prompt)}>{strings.page.dismiss}</TextButton>}
        </Failure>
      )}
    </article>
  );
});
