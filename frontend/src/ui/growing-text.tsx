/** A text that may still be growing: appended to a text node, never rendered as a whole again. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { HeldPart } from "../core";
import { useSurroundings } from "./context";
import { beforePaint } from "./frame";

interface Props {
  /** The run that the part is of. */
  readonly run: string;
  readonly part: HeldPart;
  readonly class?: string;
}

export function GrowingText({ run, part, class: classes = "" }: Props) {
  const { store } = useSurroundings().chat;
  const host = useRef<HTMLDivElement>(null);
  const leaf = useRef<Text | null>(null);
  useLayoutEffect(() => {
    const node = (leaf.current ??= host.current?.appendChild(document.createTextNode("")) ?? null);
    if (!node) return undefined;
    // A snapshot may have replaced the part: what is on the screen stays as far as it is right, selection and all.
    if (!part.text.startsWith(node.data)) node.data = "";
    const paint = (): void => {
      if (node.length < part.length) node.appendData(part.since(node.length));
    };
    paint();
    return store.read(run, () => beforePaint(paint));
  }, [store, run, part]);
  return <div ref={host} class={`wrap-anywhere whitespace-pre-wrap ${classes}`} />;
}
