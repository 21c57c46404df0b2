/** A client of Onesocket without a page: no DOM, no framework; runs in a browser and in Node. */

export { Chat } from "./chat";
export { Connection } from "./connection";
export type { ConnectionOptions, Link, Listener } from "./connection";
export { reduce } from "./conversation";
export type { State, Thread } from "./conversation";
export { CallError } from "./failure";
export { isNew } from "./outbox";
export type { Keeper, Prompt } from "./outbox";
export type * from "./objects";
export { applyEvent, applySnapshot, HeldPart, Run } from "./reducer";
export type { Verdict } from "./reducer";
export { branch, listed, olderCursor, runningRun } from "./selectors";
export type { View } from "./store";
