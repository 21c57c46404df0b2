/** Copies what was answered last. */

import { branch, runOf } from "../core";
import type { View } from "../core";
import { copy } from "./clipboard";
import { strings } from "./strings";
import type { Told } from "./toast";

/** Copy the last answer's text as it was written; return what there is to say about that. */
export async function copyLast({ state }: View, conversation: string | null): Promise<Told> {
  const answer = conversation === null ? undefined : branch(state, conversation).findLast(({ role }) => role === "assistant");
  const parts = answer ? [...runOf(state, answer).parts.values()] : [];
  const text = parts.filter(({ type }) => type === "text").map((part) => part.text).join("\n\n");
  if (!text) return { words: strings.toast.nothingToCopy };
  return (await copy(text)) ? { words: strings.toast.copied } : { words: strings.toast.notCopied, wrong: true };
}
