/** Character references: all numbers, and the names of HTML 4; the 2,000 other names would be 11 KB for what nobody writes. */

import { characterEntitiesHtml4 } from "character-entities-html4";

const NAMED: ReadonlyMap<string, string> = new Map([...Object.entries(characterEntitiesHtml4), ["apos", "'"]]);
const REFERENCE = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));/g;

/** Return `text` with its references replaced; those that nobody knows stay. */
export function decodeReferences(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (written: string, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? written;
    return character(decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number.parseInt(decimal, 10));
  });
}

function character(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  return String.fromCodePoint(code);
}
