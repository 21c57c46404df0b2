/** The one connection to the server; the only module that knows `centrifuge`. */

import { Centrifuge, State } from "centrifuge";
import type { Subscription } from "centrifuge";
import { CallError } from "./failure";
import { parseEvent, parseSync, parseWelcome } from "./protocol";
import type { ChatEvent, Sync, Welcome } from "./protocol";

/** `live`: connected and subscribed. `closed`: ended for good, only {@link Connection.connect} begins again. */
export type Link =
  | { readonly state: "connecting" | "live" }
  | { readonly state: "closed"; readonly code: number; readonly reason: string };

/** What a connection tells; none of it is called before {@link Connection.connect}. */
export interface Listener {
  link(link: Link): void;
  /** Say whether this is who waited: calls that somebody else made must not be sent. */
  welcome(welcome: Welcome): boolean;
  /** The state of things; publications after its position follow. */
  sync(sync: Sync): void;
  event(event: ChatEvent): void;
  /** A listener threw, or something arrived that can't be read. */
  fault(error: unknown): void;
}

/** How to connect, and whom to tell. */
export interface ConnectionOptions {
  readonly url: string;
  readonly listener: Listener;
  /** The token to prove oneself with, asked for at every attempt to connect. */
  readonly token: () => string | null;
  /** The conversation whose messages the state has to bring, if one is open. */
  readonly opened?: () => string | null;
  /** Where there is no global one, as in Node 20. */
  readonly WebSocket?: unknown;
  /** Longest wait for one reply, in milliseconds. */
  readonly timeout?: number;
  /** Shortest pause before a call is repeated, in milliseconds. */
  readonly pause?: number;
}

/** How often a call is sent at most, before the failure is told: for some 15 s, or a minute if nobody answers. */
const TRIES = 12;
/** Longest pause before a call is repeated, as a multiple of the shortest. */
const LONGEST_PAUSE = 5;

/** A connection that keeps itself alive, and calls that are repeated until their fate is known. */
export class Connection {
  readonly #client: Centrifuge;
  readonly #options: Required<Pick<ConnectionOptions, "timeout" | "pause">> & ConnectionOptions;
  #subscription: Subscription | null = null;
  #link: Link = { state: "connecting" };
  #waiting = new Set<() => void>();
  #restarting = false;
  /** How often somebody else was logged in than before. */
  #others = 0;
  #checking = false;

  constructor(options: ConnectionOptions) {
    this.#options = { timeout: 5000, pause: 200, ...options };
    this.#client = new Centrifuge(options.url, {
      getData: async () => ({ v: 1, ...this.#token() }),
      websocket: options.WebSocket ?? null,
      timeout: this.#options.timeout,
      minReconnectDelay: 150,
      maxReconnectDelay: 3000,
    });
    // The SDK closes the connection for good when a handler throws.
    this.#client.on("connecting", this.#safely(() => this.#move({ state: "connecting" })));
    this.#client.on("connected", this.#safely(({ data }) => this.#begin(parseWelcome(data))));
    this.#client.on("disconnected", this.#safely(({ code, reason }) => {
      if (!this.#restarting) this.#move({ state: "closed", code, reason });
    }));
  }

  /** Connect, and stay connected. */
  connect(): void {
    this.#client.connect();
    this.#subscription?.subscribe();
  }

  /** Disconnect until {@link connect} is called. */
  disconnect(): void {
    this.#client.disconnect();
  }

  /**
   * Call a method of `docs/protocol.md` §5 and return the reply's data.
   *
   * All of them are safe to repeat, so a call whose fate is unknown is repeated. `patience` is how long to wait
   * for a connection, in milliseconds; without it for ever.
   *
   * @throws {CallError} The server refused, or was not reached.
   */
  async call(method: string, data: object, patience = Infinity): Promise<unknown> {
    const others = this.#others;
    for (let tried = 1; ; tried++) {
      await this.#connected(patience);
      if (this.#others !== others) throw new CallError(0, "Somebody else is logged in now.", false);
      try {
        return (await this.#client.rpc(method, data)).data;
      } catch (reason) {
        const error = CallError.of(reason);
        if (!error.repeatable || tried >= TRIES) throw error;
      }
      await sleep(this.#options.pause * Math.min(2 ** (tried - 1), LONGEST_PAUSE) * (1 + Math.random()));
    }
  }

  /** Make sure that the connection is alive: after a sleep, say, that the socket did not survive. */
  async check(): Promise<void> {
    if (this.#checking || this.#link.state === "closed") return;
    this.#checking = true;
    const well = this.#client.state === State.Connected && (await this.#answers());
    this.#checking = false;
    if (well || this.#client.state === State.Disconnected) return;
    // Connecting afresh ends the wait before the next attempt, too.
    this.#restarting = true;
    this.#client.disconnect();
    this.#restarting = false;
    this.#move({ state: "connecting" });
    this.#client.connect();
  }

  #begin(welcome: Welcome): void {
    if (!this.#options.listener.welcome(welcome)) this.#others++;
    if (this.#subscription && this.#subscription.channel !== welcome.channel) {
      this.#subscription.unsubscribe();
      this.#client.removeSubscription(this.#subscription);
      this.#subscription = null;
    }
    this.#subscription ??= this.#subscribe(welcome.channel);
    for (const proceed of this.#waiting) proceed();
  }

  #subscribe(channel: string): Subscription {
    const subscription = this.#client.newSubscription(channel, {
      getState: () => this.#sync(),
      minResubscribeDelay: 100,
      maxResubscribeDelay: 2000,
    });
    subscription.on("subscribed", this.#safely(() => this.#move({ state: "live" })));
    subscription.on("subscribing", this.#safely(() => {
      if (this.#link.state === "live") this.#move({ state: "connecting" });
    }));
    subscription.on("unsubscribed", this.#safely(({ code, reason }) => {
      if (this.#subscription === subscription) this.#move({ state: "closed", code, reason });
    }));
    subscription.on("publication", this.#safely(({ data }) => {
      const event = parseEvent(data);
      if (event) this.#options.listener.event(event);
    }));
    subscription.subscribe();
    return subscription;
  }

  /** Fetch the state of things; the SDK asks again if this fails, whatever the reason. */
  async #sync(): Promise<{ offset: number; epoch: string }> {
    const conversation = this.#options.opened?.() ?? null;
    let data: unknown;
    try {
      ({ data } = await this.#client.rpc("chat:sync", conversation === null ? {} : { conversation }));
    } catch (reason) {
      // A conversation that is not there must not keep everything else away.
      if (conversation === null || !CallError.of(reason).notFound) throw reason;
      ({ data } = await this.#client.rpc("chat:sync", {}));
    }
    const sync = parseSync(data);
    this.#safely(() => this.#options.listener.sync(sync))();
    return sync.position;
  }

  #connected(patience: number): Promise<void> {
    if (this.#client.state === State.Connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = Number.isFinite(patience) ? setTimeout(() => settle(false), patience) : undefined;
      const settle = (connected: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(proceed);
        if (connected) resolve();
        else reject(new CallError(0, "There is no connection to the server right now.", true));
      };
      const proceed = (): void => settle(true);
      this.#waiting.add(proceed);
    });
  }

  /** Say whether Centrifugo answers: with an error, since no such method is known, but it answers. */
  async #answers(): Promise<boolean> {
    const ping = this.#client.rpc("ping", {}).then(() => true, (reason) => CallError.of(reason).code > 0);
    return Promise.race([ping, sleep(this.#options.timeout / 2).then(() => false)]);
  }

  #token(): { token?: string } {
    const token = this.#options.token();
    return token === null ? {} : { token };
  }

  #move(link: Link): void {
    if (link.state === this.#link.state && link.state !== "closed") return;
    this.#link = link;
    this.#options.listener.link(link);
  }

  /** Keep what a handler throws from the SDK. */
  #safely<Arguments extends unknown[]>(handle: (...given: Arguments) => unknown): (...given: Arguments) => void {
    return (...given) => {
      try {
        handle(...given);
      } catch (error) {
        this.#options.listener.fault(error);
      }
    };
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
