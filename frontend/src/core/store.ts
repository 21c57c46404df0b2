/** What is known right now, and who is told when it changes. */

import type { Link } from "./connection";
import { EMPTY, reduce } from "./conversation";
import type { Arrival, Ask, State } from "./conversation";
import type { Prompt } from "./outbox";
import type { Welcome } from "./protocol";

/** All that a page shows, but for growing texts; another object whenever it changes. */
export interface View {
  readonly link: Link;
  /** What the server said of itself and of us; `null` before the first connection. */
  readonly welcome: Welcome | null;
  readonly state: State;
  /** Whether the state is what was kept of an earlier page, since the server has not been reached yet. */
  readonly recalled: boolean;
  /** Prompts that the server does not have yet. */
  readonly outbox: readonly Prompt[];
  /** Conversations by the name of the new thread that they began as. */
  readonly begun: ReadonlyMap<string, string>;
  /** Runs, and prompts on their way, that were asked to stop. */
  readonly stopping: ReadonlySet<string>;
}

/** Holds the view; its watchers hear of every change, its readers of growing texts. */
export class Store {
  #view: View;
  readonly #watchers = new Set<() => void>();
  readonly #readers = new Map<string, Set<() => void>>();

  constructor(outbox: readonly Prompt[]) {
    const link: Link = { state: "connecting" };
    this.#view = { link, welcome: null, state: EMPTY, recalled: false, outbox, begun: new Map(), stopping: new Set() };
  }

  get view(): View {
    return this.#view;
  }

  /** Change the view, and tell everybody. */
  change(changes: Partial<View>): void {
    this.#view = { ...this.#view, ...changes };
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Take in what arrived; return what has to be asked now. */
  take(arrival: Arrival): readonly Ask[] {
    const { state, grown, asks } = reduce(this.#view.state, arrival);
    if (state !== this.#view.state) this.change({ state });
    if (grown !== null) for (const reader of [...(this.#readers.get(grown) ?? [])]) reader();
    return asks;
  }

  /** Call `watcher` whenever the view changed, until the function returned is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Call `reader` whenever the text of `run` may have grown, until the function returned is called. */
  read(run: string, reader: () => void): () => void {
    const readers = this.#readers.get(run) ?? new Set();
    this.#readers.set(run, readers.add(reader));
    return () => {
      readers.delete(reader);
      if (readers.size === 0 && this.#readers.get(run) === readers) this.#readers.delete(run);
    };
  }
}
