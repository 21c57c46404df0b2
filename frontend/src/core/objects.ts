/** The shapes of what travels (`docs/protocol.md`), once `protocol.ts` has read them. */

/** How far a run is; everything but `running` is an end. */
export type RunStatusName =
  | "running" | "completed" | "cancelled" | "failed" | "interrupted" | "incomplete";

/** A place in the channel's history, and which history that is. */
export interface Position { readonly offset: number; readonly epoch: string }

/** What an answer cost, in model tokens. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly estimated?: boolean;
}

/** Why a run failed. */
export interface RunError {
  readonly code: string;
  /** A sentence for the user. */
  readonly message: string;
  /** Seconds after which trying again may help. */
  readonly retry_after?: number;
}

/** How a run ended, or that it has not. */
export interface Outcome {
  readonly status: RunStatusName;
  readonly finish_reason?: string;
  readonly usage?: Usage;
  readonly error?: RunError;
}

/** How far a run is, and at which publication that was said. */
export interface RunStatus extends Outcome {
  readonly id: string;
  readonly attempt: number;
  readonly seq: number;
}

/** A piece of a message; `id` is unique in it. */
export interface Part { readonly id: string; readonly type: string; readonly text?: string }

/** A tree of messages, of which one branch is shown. */
export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The leaf of the branch shown. */
  readonly head: string | null;
  readonly version: number;
  readonly deleted?: boolean;
}

/** What is known of how a message came about. */
export interface Metadata {
  /** How many of the oldest messages the model was not told, because they did not fit. */
  readonly leftOut?: number;
  /** Milliseconds that the model reasoned before it answered. */
  readonly reasoningMs?: number;
}

/** One turn. */
export interface Message extends Metadata {
  readonly id: string;
  readonly conversation: string;
  readonly parent: string | null;
  readonly role: "user" | "assistant";
  readonly created_at: string;
  readonly version: number;
  readonly parts: readonly Part[];
  readonly client_message_id?: string;
  readonly model?: string;
  readonly run?: RunStatus;
  readonly siblings?: readonly string[];
  /** Whether the parts were left out because they are too long for a publication. */
  readonly truncated?: boolean;
}

/** A run's whole content at `(run.attempt, run.seq)`. */
export interface RunState {
  readonly conversation: string;
  readonly message: string;
  readonly run: RunStatus;
  readonly parts: readonly Part[];
  /** Whether this is the run before its first publication, since all of it was too large to be told. */
  readonly truncated?: boolean;
}

/** A piece of a run's content. */
export type Chunk =
  | { readonly type: "text-start" | "reasoning-start"; readonly id: string }
  | { readonly type: "text-delta" | "reasoning-delta"; readonly id: string; readonly delta: string }
  | { readonly type: "run-reset"; readonly keep: readonly { readonly id: string; readonly length: number }[] }
  | { readonly type: "message-metadata"; readonly metadata: Metadata }
  | (Outcome & { readonly type: "run-end"; readonly parts: readonly PartEnd[] });

/** What a part has to be like when the run has ended; the checksum as 8 hex digits. */
export interface PartEnd { readonly id: string; readonly length: number; readonly crc32: string }

/** One publication of a run. */
export interface RunEvent {
  readonly type: "run";
  readonly conversation: string;
  readonly message: string;
  readonly run: string;
  readonly attempt: number;
  readonly seq: number;
  /** The chunks that concern a run's content; others are left out. */
  readonly chunks: readonly Chunk[];
}

/** What the caller's channel carries. */
export type ChatEvent =
  | RunEvent
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "conversation"; readonly conversation: Conversation };

/** A model that may be chosen. */
export interface Model {
  readonly id: string;
  readonly name: string;
  readonly default?: boolean;
  readonly demo?: boolean;
}

/** The connect reply's data. */
export interface Welcome {
  readonly user: string;
  readonly name?: string;
  readonly channel: string;
  readonly token?: string;
  readonly models: readonly Model[];
  /** Limits by name; `prompt` is in UTF-16 code units. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Conversations, newest first, and where the next are. */
export interface ConversationsPage {
  readonly conversations: readonly Conversation[];
  readonly next: string | null;
}

/** Where a search found what it looked for in a conversation. */
export interface Match {
  /** The message, and the text around it; absent where only the title has it. */
  readonly message?: string;
  readonly snippet?: string;
}

/** Conversations that a search found, newest first, and where the next are. */
export interface Found extends ConversationsPage {
  /** By the id of the conversation; those whose title alone matched may be missing. */
  readonly matches: ReadonlyMap<string, Match>;
}

/** Messages of the branch shown, and where those before are. */
export interface ConversationPage {
  readonly conversation: Conversation;
  /** In order; the newest page first. */
  readonly messages: readonly Message[];
  readonly next: string | null;
}

/** The reply of `chat:sync`. */
export interface Sync extends ConversationsPage {
  readonly position: Position;
  readonly runs: readonly RunState[];
  readonly conversation?: ConversationPage;
}

/** The reply of `chat:send`. */
export interface Sent {
  readonly conversation: Conversation;
  readonly message: Message;
  readonly reply: Message;
}
