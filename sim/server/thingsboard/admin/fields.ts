import { AdminRefusal } from "./answer.ts";

/** What a client sends, read piece by piece: never what an object inherits, nothing without a bound. */

const TEXT_LENGTH_MAX = 255;

export function objectOf(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new AdminRefusal("badRequest", "The body is no JSON object!");
}

export function own(record: object, key: string): unknown {
  const value: unknown = Object.hasOwn(record, key) ? Reflect.get(record, key) : undefined;
  return value === null ? undefined : value;
}

/** Undefined where it is missing, null or empty. */
export function textOf(record: object, key: string): string | undefined {
  const value = own(record, key);
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new AdminRefusal("badRequest", `${key} should be a string!`);
  if (value.length > TEXT_LENGTH_MAX) {
    const message = `The length of ${key} should be equal or shorter than ${TEXT_LENGTH_MAX}`;
    throw new AdminRefusal("badRequest", message);
  }
  return value;
}

export function requiredText(record: object, key: string, what: string): string {
  const text = textOf(record, key);
  if (text === undefined) throw new AdminRefusal("badRequest", `${what} should be specified!`);
  return text;
}

/** The `id` of `{"entityType":"…","id":"…"}`; undefined where there is none. */
export function idOf(record: object, key: string): string | undefined {
  const value = own(record, key);
  if (value === undefined) return undefined;
  const id = typeof value === "object" ? own(objectOf(value), "id") : undefined;
  if (typeof id === "string" && id.length <= TEXT_LENGTH_MAX) return id;
  throw new AdminRefusal("badRequest", `${key} should be an object with an id!`);
}

export function oneOf<const Names extends readonly string[]>(
  value: unknown,
  names: Names,
  what: string,
): Names[number] {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new AdminRefusal("badRequest", `${what} should be one of ${names.join(", ")}!`);
}

/** Who has read something older must not overwrite what is there. */
export function requireVersion(record: object, version: number): void {
  const given = own(record, "version");
  if (given === undefined || given === version) return;
  throw new AdminRefusal("conflict", "The entity was already changed by someone else!");
}
