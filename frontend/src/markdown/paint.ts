/** Colours code that stands in chunks. */

import type { HighlightNode } from "./surroundings";

interface Open {
  readonly scope: string;
  readonly element: HTMLElement;
}

/** Put highlighted nodes where the texts are; a scope that goes on in the next chunk begins there once more. */
export function paint(chunks: readonly Text[], nodes: readonly HighlightNode[], document: Document): void {
  let index = -1;
  let room = 0;
  let parent: Node | null = null;
  const open: Open[] = [];

  const begin = (scope: string): Open => {
    const element = document.createElement("span");
    element.setAttribute("class", `hl-${scope}`);
    parent?.appendChild(element);
    parent = element;
    return { scope, element };
  };
  const next = (): void => {
    const chunk = chunks[++index];
    parent = chunk?.parentNode ?? null;
    room = chunk?.length ?? Infinity;
    if (chunk && parent) parent.removeChild(chunk);
    for (const [depth, { scope }] of open.entries()) open[depth] = begin(scope);
  };
  const add = (text: string): void => {
    for (let rest = text; rest; ) {
      if (room === 0) next();
      const piece = rest.slice(0, room);
      parent?.appendChild(document.createTextNode(piece));
      room -= piece.length;
      rest = rest.slice(piece.length);
    }
  };
  const walk = (node: HighlightNode): void => {
    if (typeof node === "string") {
      add(node);
      return;
    }
    if (room === 0) next();
    const above = open.length;
    if (node.scope) open.push(begin(node.scope));
    for (const child of node.children) walk(child);
    if (open.length > above) {
      open.pop();
      parent = open.at(-1)?.element ?? chunks[index]?.parentNode ?? root(parent);
    }
  };
  next();
  for (const node of nodes) walk(node);
}

/** Return the chunk that a node is in. */
function root(node: Node | null): Node | null {
  let at = node;
  while (at && (at as Element).getAttribute("class") !== "md-chunk") at = at.parentNode;
  return at;
}
