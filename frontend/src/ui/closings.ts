/** Why a connection ended for good, and what helps, in words. */

import { isStranger } from "../core";
import { strings } from "./strings";

const { closed } = strings;

/** By the codes of `docs/errors.md`; 1009 and what the SDK can't read have codes of the SDK's own, too. */
const WORDS: Readonly<Record<number, string>> = {
  2: closed.notUnderstood,
  3: closed.tooLong,
  1009: closed.tooLong,
  3501: closed.notUnderstood,
  3502: closed.silent,
  3503: closed.ended,
  3504: closed.tooMany,
  3505: closed.tooMany,
  3508: closed.notUnderstood,
  4502: closed.headers,
};

/** Return what there is to say; whether somebody is a `guest` says what helps them to be known again. */
export function closingWords(code: number, reason: string, guest: boolean): string {
  if (isStranger(code)) return guest ? closed.unknownGuest : closed.unknownUser;
  return WORDS[code] ?? closed.other(reason);
}
