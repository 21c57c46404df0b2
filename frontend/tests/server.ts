/** A Centrifugo for tests: one channel with history and recovery, and RPCs that a test scripts. */

import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

export interface ServerError { readonly code: number; readonly message: string; readonly temporary?: boolean }

/** Answers a call with the reply's data; throws a {@link ServerError}, or `SILENCE` to say nothing. */
export type Handle = (data: Record<string, unknown>) => unknown;

export const SILENCE = Symbol("silence");
export const CHANNEL = "chat:#u1";

interface Command {
  readonly id?: number;
  readonly connect?: { readonly data: unknown };
  readonly subscribe?: { readonly channel: string; readonly offset?: number; readonly epoch?: string };
  readonly rpc?: { readonly method: string; readonly data: Record<string, unknown> };
}

export class FakeServer {
  welcome: object = { v: 1, user: "u1", channel: CHANNEL, models: [], limits: { prompt: 1000 } };
  methods: Record<string, Handle> = {};
  /** Every call that came: method and data. */
  calls: [method: string, data: Record<string, unknown>][] = [];
  /** The data of every connect that came. */
  connects: unknown[] = [];
  epoch = "e1";
  /** What was published; those before `forgotten` can't be replayed. */
  published: unknown[] = [];
  forgotten = 0;
  /** Whether connections are closed as soon as they are made. */
  away = false;
  /** Whether nothing is answered, as on a connection that died unnoticed. */
  mute = false;
  readonly #sockets = new Map<WebSocket, boolean>();
  readonly #http: Server = createServer();
  readonly #accept = new WebSocketServer({ server: this.#http });

  async start(): Promise<this> {
    this.#accept.on("connection", (socket) => this.#serve(socket));
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#accept.close(resolve));
    await new Promise((resolve) => this.#http.close(resolve));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/connection/websocket`;
  }

  get position(): { offset: number; epoch: string } {
    return { offset: this.published.length, epoch: this.epoch };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  publish(data: unknown): void {
    this.published.push(data);
    const push = { push: { channel: CHANNEL, pub: { data, offset: this.published.length } } };
    for (const [socket, subscribed] of this.#sockets) if (subscribed) socket.send(JSON.stringify(push));
  }

  /** Break all connections. */
  cut(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  /** Close all connections with a code, 3500-3999 and 4500-4999 for good. */
  close(code: number, reason: string): void {
    for (const socket of this.#sockets.keys()) socket.close(code, reason);
  }

  #serve(socket: WebSocket): void {
    if (this.away) return socket.terminate();
    this.#sockets.set(socket, false);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("message", (data) => {
      for (const line of String(data).split("\n")) void this.#answer(socket, JSON.parse(line) as Command);
    });
    return undefined;
  }

  async #answer(socket: WebSocket, command: Command): Promise<void> {
    const reply = await this.#reply(socket, command);
    if (reply && !this.mute && socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ id: command.id, ...reply }));
    }
  }

  async #reply(socket: WebSocket, { connect, subscribe, rpc }: Command): Promise<object | null> {
    if (connect) {
      this.connects.push(connect.data);
      return { connect: { client: "x", version: "0", data: this.welcome, ping: 25, pong: true } };
    }
    if (subscribe) return this.#subscribe(socket, subscribe.offset ?? 0, subscribe.epoch ?? "");
    if (!rpc) return null;
    this.calls.push([rpc.method, rpc.data]);
    const handle = this.methods[rpc.method];
    if (!handle) return { error: { code: 104, message: "method not found" } };
    try {
      return { rpc: { data: await handle(rpc.data) } };
    } catch (error) {
      return error === SILENCE ? null : { error };
    }
  }

  #subscribe(socket: WebSocket, offset: number, epoch: string): object {
    if (epoch !== this.epoch || offset < this.forgotten || offset > this.published.length) {
      return { error: { code: 112, message: "unrecoverable position" } };
    }
    this.#sockets.set(socket, true);
    const publications = this.published.slice(offset).map((data, index) => ({ data, offset: offset + index + 1 }));
    const { position } = this;
    return { subscribe: { recoverable: true, positioned: true, recovered: true, was_recovering: true, publications, ...position } };
  }
}

/** Wait until `condition` holds, for at most five seconds. */
export async function until(condition: () => boolean, what = "the condition"): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
