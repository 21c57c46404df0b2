/** Why a call to the server failed. */

/** A call that failed; the message is a sentence for the user. */
export class CallError extends Error {
  /** A code of `docs/protocol.md` §6, one of Centrifugo's (100-399), or 0: the server was not reached. */
  readonly code: number;
  /** Whether trying again may help. */
  readonly temporary: boolean;

  constructor(code: number, message: string, temporary: boolean) {
    super(message);
    this.code = code;
    this.temporary = temporary;
  }

  /** Make one of what the SDK rejects with. */
  static of(reason: unknown): CallError {
    if (reason instanceof CallError) return reason;
    const { code, message, temporary } = reason as { code?: unknown; message?: unknown; temporary?: unknown };
    if (typeof code !== "number") throw reason;
    if (code < 100) return new CallError(0, "The server can’t be reached right now.", true);
    if (code >= 1000) return new CallError(code, String(message), temporary === true);
    return new CallError(code, "The server could not answer.", temporary === true || code === INTERNAL);
  }

  /**
   * Whether the call is worth repeating at once: nobody was reached, or something broke.
   *
   * Limits (1429, 1430) are temporary, too, but their sentence says how long to wait.
   */
  get repeatable(): boolean {
    return this.temporary && this.code !== 1429 && this.code !== 1430;
  }

  /** Whether there is no such thing, or never can be. */
  get notFound(): boolean {
    return this.code === 1404 || this.code === 1400;
  }
}

/** Centrifugo's own "internal server error": the service behind it is away. */
const INTERNAL = 100;

/** Whether a connection ended since the server does not know who it was: 4501, or Centrifugo's own words for it. */
export function isStranger(code: number): boolean {
  return code === 4501 || code === 1 || code === 3500;
}
