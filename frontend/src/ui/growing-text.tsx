/** A text that may still be growing: appended to the document, never rendered as a whole again. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { HeldPart } from "../core";
import { useSurroundings } from "./context";
import { beforePaint } from "./frame";
import { TextBlocks } from "./text-blocks";

interface Props {
  /** The run that the part is of. */
  readonly run: string;
  readonly part: HeldPart;
  readonly class?: string;
}

/** A part's text, as far as it has come. */
export function GrowingText({ run, part, class: classes = "" }: Props) {
  const { store } = useSurroundings().chat;
  const host = useRef<HTMLDivElement>(null);
  const blocks = useRef<TextBlocks | null>(null);
  const paint = (): void => {
    const shown = blocks.current;
    if (shown && shown.length < part.length) shown.append(part.since(shown.length));
  };
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const shown = (blocks.current ??= new TextBlocks(host.current));
    // A snapshot may have replaced the part: what is on the screen stays as far as it is right, selection and all.
    if (!part.text.startsWith(shown.text)) shown.clear();
    return store.read(run, () => beforePaint(paint));
  }, [store, run, part]);
  // Whatever else is rendered, an end above all, does not get ahead of the text.
  useLayoutEffect(paint);
  return <div ref={host} data-part={part.type} class={`wrap-anywhere whitespace-pre-wrap ${classes}`} />;
}
