/**
 * What a client holds of a run, and what every publication and snapshot makes of it.
 *
 * The rules are those of `docs/protocol.md` §4; `proxy_app/core/reducer.py` is the same in Python, and
 * `tests/contract/reducer.json` drives both. Whatever the mixture of snapshot, history, live and duplicate
 * publications, the text is the same. A run changes in place: a delta costs what the delta is long.
 */

import { crc32, hexadecimal } from "./crc32";
import type { Chunk, Metadata, Outcome, Part, PartEnd, RunEvent, RunState, RunStatusName } from "./objects";

/** `gap` and `mismatch`: ask `chat:run`; the others ask for nothing. */
export type Verdict = "applied" | "dropped" | "gap" | "mismatch";

/** Publications of a run that are kept aside at most, while a gap before them is being filled. */
export const ASIDE_LIMIT = 512;

/** A part that grows: its text in pieces, its length in UTF-16 code units and its CRC-32. */
export class HeldPart {
  readonly type: string;
  length = 0;
  crc = 0;
  #texts: string[] = [];

  constructor(type: string, text = "") {
    this.type = type;
    if (text) this.append(text);
  }

  /** The whole text. */
  get text(): string {
    if (this.#texts.length > 1) this.#texts = [this.#texts.join("")];
    return this.#texts[0] ?? "";
  }

  /** Go on with `text`. */
  append(text: string): void {
    this.#texts.push(text);
    this.length += text.length;
    this.crc = crc32(text, this.crc);
  }

  /** Return the text from `start` (in UTF-16 code units) on, at the cost of that text. */
  since(start: number): string {
    let index = this.#texts.length;
    let from = this.length;
    while (from > start && index > 0) from -= (this.#texts[--index] as string).length;
    return this.#texts.slice(index).join("").slice(start - from);
  }

  /** Return this part if it is as long as that, else a new one of that length. */
  cut(length: number): HeldPart {
    if (length === this.length) return this;
    const text = this.text.slice(0, length);
    // A pair that the limit cuts in two goes as a whole.
    return new HeldPart(this.type, /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text);
  }
}

/** A run as a client holds it; `(0, 0)` and empty before anything was told of it. */
export class Run {
  /** The conversation that it answers in, once that was told. */
  conversation = "";
  attempt = 0;
  seq = 0;
  status: RunStatusName = "running";
  /** `finish_reason`, `usage` and `error`, once it ended and where there are such. */
  outcome: Omit<Outcome, "status"> = {};
  /** What was told of the message beside its content. */
  metadata: Metadata = {};
  /** In the order of their coming; another map whenever what was there has not just grown. */
  parts = new Map<string, HeldPart>();
  /** Whether lengths or checksums differed at the end, so that any snapshot of the end is believed. */
  mismatched = false;
  /** Publications that came after a gap, in the order of their coming. */
  aside: RunEvent[] = [];

  /** Whether the run has ended. */
  get ended(): boolean {
    return this.status !== "running";
  }
}

/** Apply a publication of the run, drop it, or keep it aside until a snapshot fills the gap before it. */
export function applyEvent(run: Run, event: RunEvent): Verdict {
  if (run.ended || !isAhead(event, run)) return "dropped";
  const follows = event.attempt === run.attempt && event.seq === run.seq + 1;
  const takesOver = event.attempt > run.attempt && event.seq === 1;
  if (!(follows || takesOver) || !canReset(run, event.chunks)) {
    if (run.aside.length < ASIDE_LIMIT) run.aside.push(event);
    return "gap";
  }
  run.attempt = event.attempt;
  run.seq = event.seq;
  for (const chunk of event.chunks) applyChunk(run, chunk);
  return run.mismatched ? "mismatch" : "applied";
}

/** Apply a RunState if it is ahead of what is held, then whatever was kept aside for it. */
export function applySnapshot(run: Run, snapshot: Pick<RunState, "run" | "parts">): Verdict {
  const told = snapshot.run;
  const ahead = isAhead(told, run);
  const answers = run.mismatched && told.status !== "running";
  if (ahead || answers) {
    run.attempt = told.attempt;
    run.seq = told.seq;
    end(run, told);
    run.mismatched = false;
    run.parts = heldParts(snapshot.parts);
  }
  const aside = run.aside.sort((one, other) => one.attempt - other.attempt || one.seq - other.seq);
  run.aside = [];
  const verdicts = new Set(aside.map((event) => applyEvent(run, event)));
  for (const verdict of ["gap", "mismatch", "applied"] as const) if (verdicts.has(verdict)) return verdict;
  return ahead || answers ? "applied" : "dropped";
}

/** Return parts as a run holds them; those without a text are left out. */
export function heldParts(parts: readonly Part[]): Map<string, HeldPart> {
  const texts = parts.filter((part) => part.text !== undefined);
  return new Map(texts.map((part) => [part.id, new HeldPart(part.type, part.text)]));
}

function isAhead(one: { attempt: number; seq: number }, other: { attempt: number; seq: number }): boolean {
  return one.attempt > other.attempt || (one.attempt === other.attempt && one.seq > other.seq);
}

/** Say whether every part that the takeover wants to keep is there as long as it says. */
function canReset(run: Run, chunks: readonly Chunk[]): boolean {
  const reset = chunks.find((chunk) => chunk.type === "run-reset");
  return reset?.keep.every(({ id, length }) => (run.parts.get(id)?.length ?? 0) >= length) ?? true;
}

function applyChunk(run: Run, chunk: Chunk): void {
  switch (chunk.type) {
    case "text-start":
    case "reasoning-start":
      held(run, chunk.id, chunk.type === "text-start" ? "text" : "reasoning");
      break;
    case "text-delta":
    case "reasoning-delta":
      held(run, chunk.id, chunk.type === "text-delta" ? "text" : "reasoning").append(chunk.delta);
      break;
    case "run-reset":
      run.parts = new Map(
        chunk.keep.flatMap(({ id, length }) => {
          const part = run.parts.get(id);
          return part ? [[id, part.cut(length)] as const] : [];
        }),
      );
      break;
    case "message-metadata":
      run.metadata = { ...run.metadata, ...chunk.metadata };
      break;
    case "run-end":
      end(run, chunk);
      run.mismatched = !matches(run, chunk.parts);
      break;
    default:
      chunk satisfies never;
  }
}

function held(run: Run, id: string, type: string): HeldPart {
  let part = run.parts.get(id);
  if (!part) run.parts.set(id, (part = new HeldPart(type)));
  return part;
}

function end(run: Run, { status, finish_reason, usage, error }: Outcome): void {
  run.status = status;
  run.outcome = {
    ...(finish_reason && { finish_reason }),
    ...(usage && { usage }),
    ...(error && { error }),
  };
}

function matches(run: Run, ends: readonly PartEnd[]): boolean {
  if (new Set(ends.map(({ id }) => id)).size !== run.parts.size) return false;
  return ends.every(({ id, length, crc32 }) => {
    const part = run.parts.get(id);
    return part?.length === length && hexadecimal(part.crc) === crc32;
  });
}
