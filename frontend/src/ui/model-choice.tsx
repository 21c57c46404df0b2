/** Which model answers. */

import type { Model } from "../core";
import { Demo } from "./message";
import { strings } from "./strings";

interface Props {
  readonly models: readonly Model[];
  readonly model: Model | undefined;
  readonly choose: (id: string) => void;
}

/** The name of the only model, or a choice. */
export function ModelChoice({ models, model, choose }: Props) {
  if (!model) return null;
  return (
    <>
      {models.length === 1
        ? <span class="truncate">{model.name}</span>
        : (
          <select aria-label={strings.composer.model} value={model.id} onChange={(event) => choose(event.currentTarget.value)}
            class="max-w-48 min-w-0 truncate rounded-lg bg-transparent py-1 hover:bg-hover hover:text-ink [&>option]:bg-raised">
            {models.map(({ id, name, demo }) => (
              <option key={id} value={id}>{demo && id !== model.id ? strings.composer.demoOption(name) : name}</option>
            ))}
          </select>
        )}
      {model.demo && <Demo />}
    </>
  );
}
