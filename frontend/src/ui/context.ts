/** What every part of the page can reach. */

import { createContext } from "preact";
import { useContext, useLayoutEffect, useState } from "preact/hooks";
import { CallError } from "../core";
import type { Chat, Keeper, View } from "../core";
import { strings } from "./strings";

/** What is around every component. */
export interface Surroundings {
  readonly chat: Chat;
  /** Keeps what is the user's. */
  readonly keeper: Keeper;
  /** Keeps what is the device's, whoever uses it. */
  readonly device: Keeper;
  /** Connects again after the connection ended for good. */
  readonly connect: () => void;
}

/** Holds the surroundings. */
export const ChatContext = createContext<Surroundings | null>(null);

/** Return what is around this component. */
export function useSurroundings(): Surroundings {
  const surroundings = useContext(ChatContext);
  if (!surroundings) throw new Error("there is no chat around this component");
  return surroundings;
}

/** Return what is known, and render again when that changes. */
export function useView(): View {
  const { store } = useSurroundings().chat;
  const [view, show] = useState(store.view);
  useLayoutEffect(() => {
    show(store.view);
    return store.watch(() => show(store.view));
  }, [store]);
  return view;
}

/** Return the sentence that says why something failed. */
export function sentence(error: unknown): string {
  if (error instanceof CallError) return error.message;
  console.error(error);
  return strings.page.broken;
}
