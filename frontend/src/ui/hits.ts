/** Finds what was searched for in a text, to mark it. */

/** A piece of a text, and whether it is what was searched for. */
export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** Cut a text at the words of a query; case and accents make no difference. */
export function marked(text: string, query: string): Piece[] {
  const wanted = [...new Set(words(query).map(fold))].filter(Boolean);
  const characters = [...text];
  const folded = characters.map(fold);
  const hit = characters.map(() => false);
  for (const word of wanted) {
    for (let start = 0; start < characters.length; start++) {
      const length = match(folded, start, word);
      for (let at = start; at < start + length; at++) hit[at] = true;
    }
  }
  const pieces: Piece[] = [];
  for (const [at, character] of characters.entries()) {
    const last = pieces.at(-1);
    const is = hit[at] === true;
    if (last?.hit === is) pieces[pieces.length - 1] = { text: last.text + character, hit: is };
    else pieces.push({ text: character, hit: is });
  }
  return pieces;
}

function words(query: string): string[] {
  return query.split(/[^\p{L}\p{N}\p{M}]+/u);
}

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Return how many characters from `start` on make up `word`; 0 if they do not. */
function match(folded: readonly string[], start: number, word: string): number {
  let said = "";
  for (let end = start; end < folded.length && said.length < word.length; end++) {
    said += folded[end] ?? "";
    if (!word.startsWith(said)) return 0;
    if (said === word) return marksAfter(folded, end) - start + 1;
  }
  return 0;
}

/** Return where the marks end that belong to the character at `end`. */
function marksAfter(folded: readonly string[], end: number): number {
  while (folded[end + 1] === "") end++;
  return end;
}
