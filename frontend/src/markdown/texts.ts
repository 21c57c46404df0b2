/** Small things that are done with texts. */

/** Return how many code units two texts have in common at their beginning. */
export function commonPrefix(one: string, other: string): number {
  if (other.startsWith(one)) return one.length;
  const end = Math.min(one.length, other.length);
  let same = 0;
  while (same < end && one.charCodeAt(same) === other.charCodeAt(same)) same++;
  return same;
}

/** Return what `text` begins with, up to and with its `count`-th line break, and how many breaks that has. */
export function firstLines(text: string, count: number): { piece: string; breaks: number } {
  let end = 0;
  for (let breaks = 0; breaks < count; breaks++) {
    const next = text.indexOf("\n", end);
    if (next < 0) return { piece: text, breaks };
    end = next + 1;
  }
  return { piece: text.slice(0, end), breaks: count };
}
