/**
 * From JSON to what travels (`docs/protocol.md`): the only code that trusts what came over the wire.
 *
 * What is not known is ignored: additional fields are dropped, events of unknown types become `null`.
 */

import { boolean, fields, given, list, MalformedError, nullable, number, text } from "./json";
import type { Fields, Parse } from "./json";
import type {
  ChatEvent, Chunk, Conversation, ConversationPage, ConversationsPage, Found, Match, Message, Metadata, Model, Outcome, Part,
  PartEnd, Position, RunError, RunEvent, RunState, RunStatus, RunStatusName, Sent, Sync, Usage, Welcome,
} from "./objects";

export type * from "./objects";
export { MalformedError };

const parseUsage: Parse<Usage> = (value) => {
  const o = fields(value);
  return {
    input_tokens: number(o["input_tokens"]),
    output_tokens: number(o["output_tokens"]),
    ...given(o, "estimated", boolean),
  };
};

const parseRunError: Parse<RunError> = (value) => {
  const o = fields(value);
  return { code: text(o["code"]), message: text(o["message"]), ...given(o, "retry_after", number) };
};

function parseOutcome(o: Fields): Outcome {
  return {
    // A status that we do not know yet is an end of some kind: no page waits for ever for it.
    status: text(o["status"]) as RunStatusName,
    ...given(o, "finish_reason", text),
    ...given(o, "usage", parseUsage),
    ...given(o, "error", parseRunError),
  };
}

/** Read a RunStatus. */
export const parseRunStatus: Parse<RunStatus> = (value) => {
  const o = fields(value);
  return { id: text(o["id"]), attempt: number(o["attempt"]), seq: number(o["seq"]), ...parseOutcome(o) };
};

/** Read a Part. */
export const parsePart: Parse<Part> = (value) => {
  const o = fields(value);
  return { id: text(o["id"]), type: text(o["type"]), ...given(o, "text", text) };
};

/** Read a Conversation. */
export const parseConversation: Parse<Conversation> = (value) => {
  const o = fields(value);
  return {
    id: text(o["id"]),
    title: text(o["title"]),
    created_at: text(o["created_at"]),
    updated_at: text(o["updated_at"]),
    head: nullable(o["head"], text),
    version: number(o["version"]),
    ...given(o, "deleted", boolean),
  };
};

/** Read a Message. */
export const parseMessage: Parse<Message> = (value) => {
  const o = fields(value);
  return {
    id: text(o["id"]),
    conversation: text(o["conversation"]),
    parent: nullable(o["parent"], text),
    role: o["role"] === "user" ? "user" : "assistant",
    created_at: text(o["created_at"]),
    version: number(o["version"]),
    parts: list(o["parts"], parsePart),
    ...given(o, "client_message_id", text),
    ...given(o, "model", text),
    ...given(o, "run", parseRunStatus),
    ...given(o, "siblings", (siblings) => list(siblings, text)),
    ...given(o, "truncated", boolean),
    ...parseMetadata(o["metadata"] ?? {}),
  };
};

function parseMetadata(value: unknown): Metadata {
  const o = fields(value);
  const { left_out: turns } = fields(o["context"] ?? {});
  return {
    ...(turns !== undefined && { leftOut: number(turns) }),
    ...(o["reasoning_ms"] !== undefined && { reasoningMs: number(o["reasoning_ms"]) }),
  };
}

/** Read a RunState, the reply of `chat:run`. */
export const parseRunState: Parse<RunState> = (value) => {
  const o = fields(value);
  return {
    conversation: text(o["conversation"]),
    message: text(o["message"]),
    run: parseRunStatus(o["run"]),
    parts: list(o["parts"], parsePart),
    ...given(o, "truncated", boolean),
  };
};

const parsePartEnd: Parse<PartEnd> = (value) => {
  const o = fields(value);
  return { id: text(o["id"]), length: number(o["length"]), crc32: text(o["crc32"]) };
};

/** Read a chunk; `null` for one that says nothing of a run's content. */
function parseChunk(value: unknown): Chunk | null {
  const o = fields(value);
  const type = o["type"];
  switch (type) {
    case "text-start":
    case "reasoning-start":
      return { type, id: text(o["id"]) };
    case "text-delta":
    case "reasoning-delta":
      return { type, id: text(o["id"]), delta: text(o["delta"]) };
    case "run-reset":
      return { type, keep: list(o["keep"], parseKept) };
    case "message-metadata":
      return { type, metadata: parseMetadata(o["messageMetadata"]) };
    case "run-end":
      return { type, ...parseOutcome(o), parts: list(o["parts"], parsePartEnd) };
    default:
      return null;
  }
}

function parseKept(value: unknown): { id: string; length: number } {
  const o = fields(value);
  return { id: text(o["id"]), length: number(o["length"]) };
}

/** Read a publication of a run. */
export const parseRunEvent: Parse<RunEvent> = (value) => {
  const o = fields(value);
  return {
    type: "run",
    conversation: text(o["conversation"]),
    message: text(o["message"]),
    run: text(o["run"]),
    attempt: number(o["attempt"]),
    seq: number(o["seq"]),
    chunks: list(o["chunks"], parseChunk).filter((chunk) => chunk !== null),
  };
};

/** Read a publication of the caller's channel; `null` for what we do not know or can't read. */
export function parseEvent(value: unknown): ChatEvent | null {
  try {
    const o = fields(value);
    switch (o["type"]) {
      case "run":
        return parseRunEvent(o);
      case "message":
        return { type: "message", message: parseMessage(o["message"]) };
      case "conversation":
        return { type: "conversation", conversation: parseConversation(o["conversation"]) };
      default:
        return null;
    }
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}

const parsePosition: Parse<Position> = (value) => {
  const o = fields(value);
  return { offset: number(o["offset"]), epoch: text(o["epoch"]) };
};

const parseModel: Parse<Model> = (value) => {
  const o = fields(value);
  return {
    id: text(o["id"]),
    name: text(o["name"]),
    ...given(o, "default", boolean),
    ...given(o, "demo", boolean),
  };
};

function parseLimits(value: unknown): Record<string, number> {
  const entries = Object.entries(fields(value ?? {}));
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

/** Read the connect reply's data. */
export const parseWelcome: Parse<Welcome> = (value) => {
  const o = fields(value);
  return {
    user: text(o["user"]),
    channel: text(o["channel"]),
    ...given(o, "name", text),
    ...given(o, "token", text),
    models: list(o["models"] ?? [], parseModel),
    limits: parseLimits(o["limits"]),
  };
};

/** Read the reply of `chat:conversations`. */
export const parseConversationsPage: Parse<ConversationsPage> = (value) => {
  const o = fields(value);
  return { conversations: list(o["conversations"], parseConversation), next: nullable(o["next"], text) };
};

const parseMatch: Parse<Match> = (value) => {
  const o = fields(value);
  return { ...given(o, "message", text), ...given(o, "snippet", text) };
};

/** Read the reply of `chat:conversations` with a query. */
export const parseFound: Parse<Found> = (value) => {
  const o = fields(value);
  const matches = Object.entries(fields(o["matches"] ?? {}));
  return { ...parseConversationsPage(o), matches: new Map(matches.map(([id, match]) => [id, parseMatch(match)])) };
};

/** Read the reply of `chat:conversation`. */
export const parseConversationPage: Parse<ConversationPage> = (value) => {
  const o = fields(value);
  return {
    conversation: parseConversation(o["conversation"]),
    messages: list(o["messages"], parseMessage),
    next: nullable(o["next"], text),
  };
};

/** Read the reply of `chat:sync`. */
export const parseSync: Parse<Sync> = (value) => {
  const o = fields(value);
  return {
    ...parseConversationsPage(o),
    position: parsePosition(o["position"]),
    runs: list(o["runs"], parseRunState),
    ...given(o, "conversation", parseConversationPage),
  };
};

/** The reply of `chat:send`, `chat:regenerate` and `chat:continue`. */
export const parseSent: Parse<Sent> = (value) => {
  const o = fields(value);
  return {
    conversation: parseConversation(o["conversation"]),
    message: parseMessage(o["message"]),
    reply: parseMessage(o["reply"]),
  };
};

/** The reply of `chat:rename`, `chat:delete`, `chat:restore` and `chat:select`. */
export const parseChanged: Parse<Conversation> = (value) => parseConversation(fields(value)["conversation"]);

/** The reply of `chat:stop`; `null` while the send that it means has not come. */
export const parseStopped: Parse<RunStatus | null> = (value) => nullable(fields(value)["run"], parseRunStatus);
