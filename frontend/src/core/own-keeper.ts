/** Keeps what belongs to one user apart from what belongs to others who use the same browser. */

import type { Keeper } from "./outbox";

const USER = "onesocket:user";
const prefixOf = (user: string): string => `onesocket:of:${encodeURIComponent(user)}:`;

/** The part of a keeper that is the user's who was here last; before the first one it is whoever's comes. */
export class OwnKeeper implements Keeper {
  readonly #keeper: Keeper;
  #user: string;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    this.#user = keeper.getItem(USER) ?? "";
  }

  get length(): number {
    return this.#keys().length;
  }

  key(index: number): string | null {
    return this.#keys()[index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#keeper.getItem(prefixOf(this.#user) + key);
  }

  setItem(key: string, value: string): void {
    this.#keeper.setItem(prefixOf(this.#user) + key, value);
  }

  removeItem(key: string): void {
    this.#keeper.removeItem(prefixOf(this.#user) + key);
  }

  /** Note who is here; return whether this keeper is theirs. Somebody else's page has to begin anew. */
  claim(user: string): boolean {
    this.#remember(user);
    if (this.#user === "") this.#move(user);
    return this.#user === user;
  }

  /** Leave everything to whoever comes next, who is the same person under another name. */
  release(): void {
    this.#keeper.removeItem(USER);
    this.#move("");
  }

  #remember(user: string): void {
    try {
      this.#keeper.setItem(USER, user);
    } catch {
      // Storage is full: what is kept stays apart all the same, but is not found after a reload.
    }
  }

  #move(user: string): void {
    const kept = this.#keys().map((key) => [key, this.getItem(key) ?? ""] as const);
    for (const [key] of kept) this.removeItem(key);
    this.#user = user;
    for (const [key, value] of kept) this.setItem(key, value);
  }

  #keys(): string[] {
    const prefix = prefixOf(this.#user);
    const keys: string[] = [];
    for (let index = 0; index < this.#keeper.length; index++) {
      const key = this.#keeper.key(index);
      if (key?.startsWith(prefix)) keys.push(key.slice(prefix.length));
    }
    return keys;
  }
}
