/** Which model answers. */

import type { Model } from "../core";
import { Demo, needsDemo } from "./message";
import { strings } from "./strings";

interface Props {
  readonly models: readonly Model[];
  readonly model: Model | undefined;
  readonly choose: (id: string) => void;
}

/** The name of the only model, or a choice. */
export function ModelChoice({ models, model, choose }: Props) {
  if (!model) return null;
  const hint = model.demo ? strings.message.demoHint : undefined;
  return (
    <>
      {models.length === 1
        ? <span title={hint} class="truncate">{model.name}</span>
        : (
          <select aria-label={strings.composer.model} title={hint} value={model.id} onChange={(event) => choose(event.currentTarget.value)}
            class="max-w-48 min-w-0 truncate rounded-lg bg-transparent py-1 hover:bg-hover hover:text-ink [&>option]:bg-raised">
            {models.map((each) => (
              <option key={each.id} value={each.id}>
                {needsDemo(each) && each !== model ? strings.composer.demoOption(each.name) : each.name}
              </option>
            ))}
          </select>
        )}
      {needsDemo(model) && <Demo />}
    </>
  );
}
