/** Joins the core and the page. */

import { render } from "preact";
import { Chat, Connection } from "./core";
import { App } from "./ui/app";
import { ChatContext } from "./ui/context";
import { keeper } from "./ui/keeper";
import { keepPage } from "./ui/offline";
import { websocketUrl } from "./ui/place";
import { readTheme, showTheme } from "./ui/theme";
import "./style.css";
import "./markdown/markdown.css";

const kept = keeper();
showTheme(readTheme(kept));
let connection: Connection | undefined;
const chat = new Chat(kept, (listener) => (connection = new Connection({
  url: websocketUrl(document),
  listener,
  token: () => listener.token,
  opened: () => listener.opened,
})), () => location.reload());

const check = (): void => {
  if (document.visibilityState === "visible") void connection?.check();
};
document.addEventListener("visibilitychange", check);
addEventListener("online", check);
// What waits is shared by all tabs.
addEventListener("storage", () => chat.sender.refresh());

render(
  <ChatContext.Provider value={{ chat, keeper: chat.own, device: kept, connect: () => connection?.connect() }}>
    <App />
  </ChatContext.Provider>,
  document.getElementById("app") as HTMLElement,
);
chat.start();
connection?.connect();
keepPage();
