/** What a search found: titles, and the text around the first hit. */

import type { View } from "../core";
import { useLasting } from "./banner";
import { TextButton } from "./buttons";
import { sentence, useSurroundings } from "./context";
import { marked } from "./hits";
import { fragmentOf } from "./place";
import { useSearch } from "./searching";
import { seek } from "./seeking";
import { strings } from "./strings";
import type { Told } from "./toast";

interface Props {
  readonly view: View;
  readonly written: string;
  readonly opened: string | null;
  readonly close: () => void;
  readonly tell: (told: Told) => void;
}

/** The list of what was found, instead of the list of all. */
export function SearchResults({ view, written, opened, close, tell }: Props) {
  const { chat } = useSurroundings();
  const { query, found, matches, next, busy, failure, more, again } = useSearch(written);
  const slow = useLasting(busy, 400);
  // The store knows better what was renamed or deleted since.
  const shown = found.map((known) => view.state.conversations.get(known.id) ?? known).filter(({ deleted }) => !deleted);
  const go = (conversation: string, message: string | undefined): void => {
    close();
    if (message === undefined) return;
    seek(chat, conversation, message)
      .catch((error: unknown) => tell({ words: strings.search.notReached(sentence(error)), wrong: true }));
  };
  const told = query !== "" && !busy && failure === null;
  return (
    <section aria-label={strings.search.results} aria-busy={busy}>
      <p role="status" class={shown.length > 0 && !slow ? "sr-only" : "px-3 pt-4 text-sm wrap-anywhere text-soft"}>
        {slow && strings.search.searching}
        {told && (shown.length === 0 ? strings.search.nothing(query) : strings.search.count(shown.length, next !== null))}
      </p>
      {failure !== null && (
        <div role="alert" class="flex flex-col items-start gap-2 px-3 pt-4 text-sm">
          <p class="text-danger">{strings.search.failed(failure)}</p>
          <TextButton press={again}>{strings.page.tryAgain}</TextButton>
        </div>
      )}
      <ul class="pt-2">
        {shown.map(({ id, title }) => {
          const { message, snippet } = matches.get(id) ?? {};
          return (
            <li key={id}>
              <a href={fragmentOf(id)} onClick={() => go(id, message)} aria-current={id === opened ? "page" : undefined}
                class={`block rounded-lg px-3 py-2 text-sm hover:bg-hover ${id === opened ? "bg-hover" : ""}`}>
                <span dir="auto" class="block truncate"><Marked text={title || strings.page.untitled} query={query} /></span>
                {snippet && snippet !== title && (
                  <span dir="auto" class="mt-0.5 line-clamp-2 text-xs leading-relaxed wrap-anywhere text-soft">
                    <Marked text={snippet} query={query} />
                  </span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
      {next !== null && !busy && (
        <button type="button" onClick={more} class="w-full rounded-lg px-3 py-2 text-left text-sm text-soft hover:bg-hover">
          {strings.sidebar.more}
        </button>
      )}
    </section>
  );
}

function Marked({ text, query }: { text: string; query: string }) {
  return <>{marked(text, query).map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : piece.text))}</>;
}
