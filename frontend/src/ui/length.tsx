/** How long a text is, once that matters. */

import { strings } from "./strings";

/** The share of the limit from which on the length is worth a word. */
const WORTH = 0.8;

/** The length of a text against its limit, both in UTF-16 code units; nothing while it is far from it. */
export function Length({ length, limit }: { length: number; limit: number }) {
  if (length <= limit * WORTH) return null;
  const count = strings.page.count;
  if (length <= limit) return <span class="tabular-nums">{strings.length.of(count(length), count(limit))}</span>;
  return (
    <>
      <span class="text-danger tabular-nums">{strings.length.over(count(length - limit), count(limit))}</span>
      <span role="alert" class="sr-only">{strings.length.spoken}</span>
    </>
  );
}
