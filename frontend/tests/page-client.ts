/**
 * Pages without a screen, for tests that break things: one JSON object per line comes in and asks something of a
 * named page, one per line goes out and answers it. `tests/faults/pages.py` is the other side.
 */

import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { Chat } from "../src/core/chat";
import { Connection } from "../src/core/connection";
import type { Listener } from "../src/core/connection";
import { newThread } from "../src/core/outbox";
import { MemoryKeeper } from "./examples";

const TOKEN = "onesocket:token";

interface Question {
  readonly id: number;
  readonly what: "open" | "send" | "cut" | "tell" | "close";
  readonly page: string;
  readonly url?: string;
  readonly token?: string;
  readonly prompt?: string;
  readonly text?: string;
}

class Page {
  readonly #sockets = new Set<WebSocket>();
  readonly #connection: Connection;
  readonly #chat: Chat;
  readonly #faults: string[] = [];
  #lives = 0;
  #syncs = 0;

  constructor(url: string, token: string) {
    const sockets = this.#sockets;
    const Remembered = class extends WebSocket {
      constructor(address: string) {
        super(address);
        sockets.add(this);
        this.on("close", () => sockets.delete(this));
      }
    };
    const keeper = new MemoryKeeper();
    keeper.setItem(TOKEN, token);
    let connection: Connection | undefined;
    this.#chat = new Chat(keeper, (chat) => {
      connection = new Connection({
        url, listener: this.#counted(chat), WebSocket: Remembered, token: () => chat.token, opened: () => chat.opened,
      });
      return connection;
    });
    this.#connection = connection as unknown as Connection;
    this.#connection.connect();
  }

  send(id: string, text: string): void {
    this.#chat.sender.send({ id, thread: newThread(), text });
  }

  /** Break the socket as a dying network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  tell(): object {
    const { state, link, outbox } = this.#chat.store.view;
    const runs = [...state.runs].map(([id, run]) => {
      const parts = [...run.parts.values()].filter(({ type }) => type === "text");
      return { id, status: run.status, text: parts.map(({ text }) => text).join(""), asking: run.mismatched || run.aside.length > 0 };
    });
    const failures = outbox.flatMap(({ failure }) => failure ?? []);
    return { link, lives: this.#lives, syncs: this.#syncs, faults: this.#faults, failures, waiting: outbox.length, runs };
  }

  close(): void {
    this.#connection.disconnect();
  }

  #counted(chat: Chat): Listener {
    return {
      link: (link) => {
        if (link.state === "live") this.#lives++;
        chat.link(link);
      },
      welcome: (welcome) => chat.welcome(welcome),
      sync: (sync) => {
        this.#syncs++;
        chat.sync(sync);
      },
      event: (event) => chat.event(event),
      fault: (error) => this.#faults.push(String(error)),
    };
  }
}

const pages = new Map<string, Page>();

function answer({ what, page: name, url, token, prompt, text }: Question): object {
  if (what === "open") pages.set(name, new Page(url ?? "", token ?? ""));
  const page = pages.get(name);
  if (!page) throw new Error(`There is no page ${name}.`);
  if (what === "send") page.send(prompt ?? "", text ?? "");
  if (what === "cut") page.cut();
  if (what === "close") {
    page.close();
    pages.delete(name);
  }
  return page.tell();
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const question = JSON.parse(line) as Question;
  console.log(JSON.stringify({ id: question.id, ...answer(question) }));
}).on("close", () => process.exit());
