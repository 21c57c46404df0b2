/** Who answered, and at what cost, for those who want to know. */

import type { Message, Model, Run } from "../core";
import { strings } from "./strings";

interface Props {
  readonly message: Message;
  readonly run: Run;
  readonly model: Model | undefined;
}

/** All there is to say about an answer besides what it says. */
export function Details({ message, run, model }: Props) {
  const { usage } = run.outcome;
  const words = strings.details;
  const entries: [label: string, value: string | undefined][] = [
    [words.model, model && model.name !== message.model ? words.named(model.name, message.model ?? model.id) : message.model],
    [words.begun, new Date(message.created_at).toLocaleString()],
    [words.input, usage && words.tokens(usage.input_tokens, usage.estimated === true)],
    [words.output, usage && words.tokens(usage.output_tokens, usage.estimated === true)],
  ];
  return (
    <dl class="grid w-fit max-w-full grid-cols-[auto_1fr] gap-x-6 gap-y-1 rounded-xl border border-line bg-raised px-4 py-3 text-sm">
      {entries.map(([label, value]) => value !== undefined && (
        <>
          <dt class="text-soft">{label}</dt>
          <dd class="wrap-anywhere tabular-nums">{value}</dd>
        </>
      ))}
    </dl>
  );
}
