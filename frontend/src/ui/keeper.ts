/** Where the page keeps what has to survive it. */

import type { Keeper } from "../core";

/** Return the browser's storage, or one that lasts as long as the page where that is forbidden. */
export function keeper(): Keeper {
  try {
    localStorage.setItem("onesocket:test", "");
    localStorage.removeItem("onesocket:test");
    return localStorage;
  } catch {
    return new ShortKeeper();
  }
}

class ShortKeeper implements Keeper {
  readonly #texts = new Map<string, string>();

  get length(): number {
    return this.#texts.size;
  }

  key(index: number): string | null {
    return [...this.#texts.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#texts.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#texts.set(key, value);
  }

  removeItem(key: string): void {
    this.#texts.delete(key);
  }
}
