/** A search that runs while its words are being written. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation, Match } from "../core";
import { sentence, useSurroundings } from "./context";

/** How far a search is. */
export interface Search {
  /** What was searched for: what is found belongs to this, whatever is being written meanwhile. */
  readonly query: string;
  readonly found: readonly Conversation[];
  readonly matches: ReadonlyMap<string, Match>;
  /** Where more is; `null` if this is all. */
  readonly next: string | null;
  readonly busy: boolean;
  /** Why it did not work, in a sentence. */
  readonly failure: string | null;
}

/** Milliseconds after the last key before the server is asked. */
const REST = 200;
const NOTHING: Search = { query: "", found: [], matches: new Map(), next: null, busy: false, failure: null };

/** Search for `written`; return how far that is, and how to go on or try again. */
export function useSearch(written: string): Search & { readonly more: () => void; readonly again: () => void } {
  const { chat } = useSurroundings();
  const [search, set] = useState(NOTHING);
  const asked = useRef(0);
  const query = written.trim();

  const ask = async (cursor?: string): Promise<void> => {
    const number = ++asked.current;
    const show = (change: (before: Search) => Search): void => {
      // What was asked before something else was is of no interest any more.
      if (number === asked.current) set(change);
    };
    show((before) => ({ ...before, busy: true, failure: null }));
    try {
      const page = await chat.search(query, cursor);
      show((before) => ({
        query,
        found: cursor === undefined ? page.conversations : [...before.found, ...page.conversations],
        matches: cursor === undefined ? page.matches : new Map([...before.matches, ...page.matches]),
        next: page.next,
        busy: false,
        failure: null,
      }));
    } catch (error) {
      const failure = sentence(error);
      show((before) => ({ ...(before.query === query ? before : NOTHING), query, busy: false, failure }));
    }
  };

  useEffect(() => {
    asked.current++;
    if (!query) return set(NOTHING);
    set((before) => ({ ...before, busy: true }));
    const timer = setTimeout(() => void ask(), REST);
    return () => clearTimeout(timer);
  }, [query]);

  return {
    ...search,
    more: () => void (search.next !== null && !search.busy && ask(search.next)),
    again: () => void ask(),
  };
}
