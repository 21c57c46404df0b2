/** Finds what was searched for in a text, to mark it: whole words, and of the last one the beginning, as the server does. */

/** A piece of a text, and whether it is what was searched for. */
export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

/** Cut a text at the words of a query; case and accents make no difference. */
export function marked(text: string, query: string): Piece[] {
  const wanted = query.split(/[^\p{L}\p{N}\p{M}]+/u).map(fold).filter(Boolean);
  const characters = [...text];
  const folded = characters.map(fold);
  const hit = characters.map(() => false);
  for (const [index, word] of wanted.entries()) {
    for (let start = 0; start < characters.length; start++) {
      const end = endOf(folded, start, word);
      const whole = index === wanted.length - 1 || !inside(folded, end);
      if (end > start && whole && !inside(folded, start)) hit.fill(true, start, end);
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

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Return where `word` ends that begins at `start`, marks included; `start` if it does not. */
function endOf(folded: readonly string[], start: number, word: string): number {
  let said = "";
  let end = start;
  while (end < folded.length && said.length < word.length) {
    said += folded[end++] ?? "";
    if (!word.startsWith(said)) return start;
  }
  if (said !== word) return start;
  while (folded[end] === "") end++;
  return end;
}

/** Say whether a word goes on at `at`; signs of which each is a word go on nowhere. */
function inside(folded: readonly string[], at: number): boolean {
  const around = [folded.slice(0, at).findLast(Boolean), folded[at]];
  return around.every((letter) => letter !== undefined && /^[\p{L}\p{N}]/u.test(letter) && !/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(letter));
}
