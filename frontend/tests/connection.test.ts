/** The connection against a server that speaks Centrifugo's protocol, over a real WebSocket. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket } from "ws";
import { Connection } from "../src/core/connection";
import type { Link, Listener } from "../src/core/connection";
import { CallError } from "../src/core/failure";
import type { ChatEvent, Sync, Welcome } from "../src/core/protocol";
import { conversation } from "./examples";
import { FakeServer, SILENCE, until } from "./server";
import type { ServerError } from "./server";

class Recorder implements Listener {
  links: Link[] = [];
  welcomes: Welcome[] = [];
  syncs: Sync[] = [];
  events: ChatEvent[] = [];
  faults: unknown[] = [];
  onEvent: (event: ChatEvent) => void = () => undefined;
  link(link: Link): void { this.links.push(link); }
  /** Who this is; a welcome of somebody else is not theirs. */
  user: string | null = null;
  welcome(welcome: Welcome): boolean {
    this.welcomes.push(welcome);
    return this.user === null || this.user === welcome.user;
  }
  sync(sync: Sync): void { this.syncs.push(sync); }
  event(event: ChatEvent): void { this.events.push(event); this.onEvent(event); }
  fault(error: unknown): void { this.faults.push(error); }
  get state(): string | undefined { return this.links.at(-1)?.state; }
}

let server: FakeServer;
let listener: Recorder;
let connection: Connection;
let opened: string | null;
let token: string | null;

beforeEach(async () => {
  server = await new FakeServer().start();
  server.methods["chat:sync"] = () => ({ position: server.position, conversations: [], next: null, runs: [] });
  listener = new Recorder();
  opened = token = null;
  connection = new Connection({
    url: server.url, listener, WebSocket, timeout: 300, pause: 5, token: () => token, opened: () => opened,
  });
});

afterEach(async () => {
  connection.disconnect();
  await server.stop();
});

const live = (): Promise<void> => until(() => listener.state === "live", "the connection");
const event = (version: number): ChatEvent => ({ type: "conversation", conversation: conversation("c1", { version }) });
const refuse = (error: ServerError) => (): never => { throw error; };

test("a connection asks for the state first, then gets what follows it", async () => {
  token = "t1";
  opened = "c1";
  connection.connect();
  await live();
  server.publish(event(1));
  await until(() => listener.events.length === 1);
  assert.deepEqual(server.connects, [{ v: 1, token: "t1" }]);
  assert.deepEqual(server.calls, [["chat:sync", { conversation: "c1" }]]);
  assert.equal(listener.welcomes[0]?.user, "u1");
  assert.equal(listener.syncs.length, 1);
});

test("what was published between the position and the subscription comes, too", async () => {
  server.methods["chat:sync"] = () => {
    const { position } = server;
    server.publish(event(1));
    return { position, conversations: [], next: null, runs: [] };
  };
  connection.connect();
  await until(() => listener.events.length === 1);
});

test("after a cut, what was missed is replayed and the state is not asked for again", async () => {
  connection.connect();
  await live();
  server.cut();
  server.publish(event(1));
  await until(() => listener.events.length === 1);
  await live();
  assert.equal(listener.syncs.length, 1);
});

test("where history does not reach back, the state is asked for again", async () => {
  connection.connect();
  await live();
  server.cut();
  server.publish(event(1));
  server.forgotten = 1;
  await until(() => listener.syncs.length === 2);
  await live();
});

test("a conversation that is not there does not keep the rest away", async () => {
  opened = "nobody's";
  const answer = server.methods["chat:sync"];
  server.methods["chat:sync"] = (data) => {
    if ("conversation" in data) throw { code: 1404, message: "There is no such conversation." };
    return answer?.(data);
  };
  connection.connect();
  await live();
});

test("a state that is refused because too much was asked is asked for again", async () => {
  const answer = server.methods["chat:sync"];
  let tries = 0;
  server.methods["chat:sync"] = (data) => {
    if (++tries < 3) throw { code: 1429, message: "That was too much at once.", temporary: true };
    return answer?.(data);
  };
  connection.connect();
  await live();
  assert.equal(tries, 3);
});

test("a call is repeated until its fate is known", async () => {
  connection.connect();
  await live();
  let tries = 0;
  server.methods["chat:send"] = () => {
    tries++;
    if (tries === 1) throw { code: 100, message: "internal server error" };
    if (tries === 2) throw { code: 1503, message: "Try again.", temporary: true };
    if (tries === 3) throw SILENCE;
    return { fine: true };
  };
  assert.deepEqual(await connection.call("chat:send", {}), { fine: true });
  assert.equal(tries, 4);
});

test("a call in flight while the connection breaks is repeated on the next one", async () => {
  connection.connect();
  await live();
  let tries = 0;
  server.methods["chat:send"] = () => {
    if (++tries > 1) return "done";
    server.cut();
    throw SILENCE;
  };
  assert.equal(await connection.call("chat:send", {}), "done");
});

test("repeating is bounded", async () => {
  connection.connect();
  await live();
  server.methods["chat:send"] = refuse({ code: 1500, message: "Something went wrong.", temporary: true });
  await assert.rejects(connection.call("chat:send", {}), new CallError(1500, "Something went wrong.", true));
  assert.equal(server.calls.filter(([method]) => method === "chat:send").length, 12);
});

test("what was refused, or needs a longer wait, is told at once", async () => {
  connection.connect();
  await live();
  for (const error of [
    { code: 1413, message: "The prompt is too long.", temporary: false },
    { code: 1429, message: "Try again in 20 seconds.", temporary: true },
  ]) {
    server.calls = [];
    server.methods["chat:send"] = refuse(error);
    await assert.rejects(connection.call("chat:send", {}), error);
    assert.equal(server.calls.length, 1);
  }
});

test("a call waits for a connection, but no longer than it was told to", async () => {
  server.methods["chat:send"] = () => "done";
  const call = connection.call("chat:send", {});
  await assert.rejects(connection.call("chat:rename", {}, 20), { code: 0, temporary: true });
  connection.connect();
  assert.equal(await call, "done");
});

test("a connection that ended for good says so, and can begin again", async () => {
  connection.connect();
  await live();
  server.close(4501, "unauthorized");
  await until(() => listener.state === "closed");
  assert.deepEqual(listener.links.at(-1), { state: "closed", code: 4501, reason: "unauthorized" });
  connection.connect();
  await live();
});

test("a listener that throws harms nothing", async () => {
  connection.connect();
  await live();
  listener.onEvent = (told) => {
    if (told.type === "conversation" && told.conversation.version === 1) throw new Error("a bug");
  };
  server.publish(event(1));
  server.publish(event(2));
  await until(() => listener.events.length === 2);
  assert.equal(listener.faults.length, 1);
  assert.equal(listener.state, "live");
});

test("a check replaces a connection that answers nothing any more", async () => {
  connection.connect();
  await live();
  server.mute = true;
  const check = connection.check();
  await until(() => listener.state === "connecting");
  server.mute = false;
  await check;
  await live();
  assert.ok(!listener.links.some(({ state }) => state === "closed"));
  // An attempt that was made while nothing was answered is repeated, too.
  assert.ok(server.connects.length >= 2);
});

test("a check leaves a connection alone that answers", async () => {
  connection.connect();
  await live();
  await connection.check();
  assert.equal(server.connects.length, 1);
});

test("another user gets another channel, and the state anew", async () => {
  connection.connect();
  await live();
  server.welcome = { ...server.welcome, user: "u2", channel: "chat:#u2" };
  server.cut();
  await until(() => listener.syncs.length === 2);
  assert.equal(listener.welcomes.at(-1)?.user, "u2");
});

test("a call that waits is not sent in the name of somebody else", async () => {
  listener.user = "u1";
  connection.connect();
  await live();
  server.welcome = { ...server.welcome, user: "u2", channel: "chat:#u2" };
  connection.disconnect();
  const call = connection.call("chat:send", { text: "A secret" });
  connection.connect();
  await assert.rejects(call, /Somebody else is logged in now/);
  assert.equal(server.calls.filter(([method]) => method === "chat:send").length, 0);
});
