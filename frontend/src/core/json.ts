/** Reading JSON that somebody else wrote: each function returns what it says, or throws. */

/** What arrived is not what the protocol says. */
export class MalformedError extends Error {}

/** An object as it came. */
export type Fields = Readonly<Record<string, unknown>>;
/** Turns JSON into what it should be, or throws {@link MalformedError}. */
export type Parse<T> = (value: unknown) => T;

/** Read an object. */
export function fields(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedError("not an object");
  return value as Fields;
}

/** Read a string. */
export function text(value: unknown): string {
  if (typeof value !== "string") throw new MalformedError("not a text");
  return value;
}

/** Read a number. */
export function number(value: unknown): number {
  if (typeof value !== "number") throw new MalformedError("not a number");
  return value;
}

/** Read a boolean. */
export function boolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw new MalformedError("not true or false");
  return value;
}

/** Read a list of what `parse` reads. */
export function list<T>(value: unknown, parse: Parse<T>): T[] {
  if (!Array.isArray(value)) throw new MalformedError("not a list");
  return value.map((item) => parse(item));
}

/** Read what may be `null`, or absent. */
export function nullable<T>(value: unknown, parse: Parse<T>): T | null {
  return value === null || value === undefined ? null : parse(value);
}

/** Take the field `name` if it is there; `null` counts as absent. */
export function given<K extends string, T>(from: Fields, name: K, parse: Parse<T>): { [key in K]?: T } {
  const value = from[name];
  return value === undefined || value === null ? {} : ({ [name]: parse(value) } as { [key in K]?: T });
}
