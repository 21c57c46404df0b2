/**
 * A client of Onesocket without a page: no DOM, no framework; runs in a browser and in Node.
 *
 *     const chat = new Chat(localStorage, (chat) => (connection = new Connection({
 *       url: "ws://localhost:8000/connection/websocket", listener: chat,
 *       token: () => chat.token, opened: () => chat.opened,  // in Node 20 also: WebSocket
 *     })));
 *     chat.store.watch(() => show(chat.store.view));
 *     connection.connect();
 *     chat.sender.send({ id: newId(), thread: newThread(), text: "Hello" });
 *
 * {@link Connection} alone, or {@link applyEvent} alone, are of use, too.
 */

export { Chat } from "./chat";
export { Connection } from "./connection";
export type { ConnectionOptions, Link, Listener } from "./connection";
export { reduce } from "./conversation";
export type { State, Thread } from "./conversation";
export { CallError, isStranger } from "./failure";
export { isNew, newId, newThread } from "./outbox";
export type { Beside, Keeper, Prompt } from "./outbox";
export type * from "./objects";
export { isSending, place } from "./placing";
export type { Placed } from "./placing";
export { reach } from "./reaching";
export type { Reachable } from "./reaching";
export { applyEvent, applySnapshot, HeldPart, Run } from "./reducer";
export type { Verdict } from "./reducer";
export { listed, olderCursor, runIn, runningRun, runOf } from "./selectors";
export type { View } from "./store";
export { branch, siblings } from "./tree";
