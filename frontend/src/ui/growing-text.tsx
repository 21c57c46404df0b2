/** A text that may still be growing: appended to the document as markdown, never rendered as a whole again. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { HeldPart } from "../core";
import { MarkdownView } from "../markdown";
import { copy } from "./clipboard";
import { useSurroundings } from "./context";
import { beforePaint } from "./frame";
import { strings } from "./strings";

interface Props {
  /** The run that the part is of. */
  readonly run: string;
  readonly part: HeldPart;
  /** Whether nothing will come any more. */
  readonly ended: boolean;
  readonly class?: string;
}

/** The element that a text is in; markdown shows less than was written, and here is all of it. */
interface TextElement extends HTMLDivElement {
  exactText?: () => string;
}

/** A part's text, as far as it has come. */
export function GrowingText({ run, part, ended, class: classes = "" }: Props) {
  const { store } = useSurroundings().chat;
  const host = useRef<TextElement>(null);
  const view = useRef<MarkdownView | null>(null);
  const paint = (): void => {
    const shown = view.current;
    if (!shown) return;
    if (ended && shown.length === 0) shown.render(part.text);
    if (shown.length < part.length) shown.append(part.since(shown.length));
    if (ended) shown.finish();
  };
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const shown = (view.current ??= new MarkdownView(host.current, { labels: strings.markdown, copy }));
    host.current.exactText = () => shown.text;
    // A snapshot may have replaced the part: what is on the screen stays as far as it is right, selection and all.
    if (!part.text.startsWith(shown.text)) shown.reset();
    return store.read(run, () => beforePaint(paint));
  }, [store, run, part, ended]);
  // Whatever else is rendered, an end above all, does not get ahead of the text.
  useLayoutEffect(paint);
  return <div ref={host} data-part={part.type} class={`markdown wrap-anywhere ${classes}`} />;
}
