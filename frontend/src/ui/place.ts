/** Where the page is, and where the server: addresses. */

/** Return where Centrifugo is: where the page says, seen from where it is itself; else beneath it. */
export function websocketUrl(page: Document): string {
  const told = page.querySelector<HTMLMetaElement>('meta[name="chat-websocket-url"]')?.content;
  const url = new URL(told || "connection/websocket", page.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = "";
  return url.href;
}

/** Return the conversation that a fragment like `#/c/<id>` names. */
export function conversationIn(fragment: string): string | null {
  return /^#\/c\/([0-9a-f-]{36})$/.exec(fragment)?.[1] ?? null;
}

/** Return the fragment of a conversation, or of none. */
export function fragmentOf(conversation: string | null): string {
  return conversation === null ? "#/" : `#/c/${conversation}`;
}
