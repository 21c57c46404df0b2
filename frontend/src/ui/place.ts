/** Where the page is, and where the server: addresses. */

/** Return where Centrifugo is: where the page says, else where the page came from. */
export function websocketUrl(page: Document): string {
  const told = page.querySelector<HTMLMetaElement>('meta[name="chat-websocket-url"]')?.content;
  if (told) return told;
  const url = new URL("/connection/websocket", page.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
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
