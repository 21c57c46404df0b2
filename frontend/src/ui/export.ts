/** A conversation as a file: for people as Markdown, for programs as JSON. */

import { Run } from "../core";
import type { Conversation, Message } from "../core";
import { endingOf } from "./endings";
import { strings } from "./strings";

/** Return a conversation as Markdown: what was said, exactly as it was written. */
export function asMarkdown(conversation: Conversation, messages: readonly Message[]): string {
  const title = conversation.title.replace(/\s+/g, " ").trim() || strings.page.untitled;
  return [`# ${title}`, ...messages.map(turn)].join("\n\n") + "\n";
}

/** Return a conversation as JSON: the objects of `docs/protocol.md`, §3. */
export function asJson(conversation: Conversation, messages: readonly Message[]): string {
  return JSON.stringify({ format: "onesocket-conversation", version: 1, conversation, messages }, null, 2) + "\n";
}

/** Make a file name of a title: whatever some file system forbids becomes a space. */
export function fileName(title: string, instead: string, extension: string): string {
  const name = title
    .replace(/[\p{Cc}\p{Cf}\p{Cs}<>:"/\\|?*]+/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+/, "");
  // Names are counted in bytes, of which a character has up to four.
  const short = [...name].slice(0, 60).join("").replace(/[. ]+$/, "");
  return `${short || instead}.${extension}`;
}

function turn(message: Message): string {
  const heading = message.role === "user" ? strings.exported.you : strings.exported.answer(message.model);
  const parts = message.parts.flatMap(({ type, text }) => {
    if (!text) return [];
    return type === "reasoning"
      ? [`<details><summary>${strings.exported.thoughts}</summary>\n\n${text}\n\n</details>`]
      : [text];
  });
  return [`## ${heading}`, ...parts, ...ending(message)].join("\n\n");
}

function ending({ run: told }: Message): string[] {
  if (!told || told.status === "completed") return [];
  const run = new Run();
  run.status = told.status;
  run.outcome = told;
  const words = endingOf(run)?.words;
  return words ? [strings.exported.ended(words)] : [];
}
