import { ThingsBoardRefused } from "#hal/net/thingsboard-api.ts";

/** A JSON object that a server sent. */
export type Fields = object;

const unexpected = (what: string) =>
  new ThingsBoardRefused(`the server answers without ${what}: is it a ThingsBoard?`);

export function recordOf(value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw unexpected("an object");
}

/** Undefined where it is missing or null. */
export function field(record: Fields, key: string): unknown {
  const value: unknown = Object.hasOwn(record, key) ? Reflect.get(record, key) : undefined;
  return value === null ? undefined : value;
}

export function textOf(record: Fields, key: string): string {
  const value = field(record, key);
  if (typeof value === "string") return value;
  throw unexpected(key);
}

export function listOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw unexpected("a list");
  return value.map(recordOf);
}

/** Of an entity, whose `id` is an object with an `id`. */
export function idOf(entity: Fields): string {
  return referencedId(field(entity, "id"));
}

/** Of `{"entityType":"…","id":"…"}`. It goes into paths. */
export function referencedId(reference: unknown): string {
  const id = textOf(recordOf(reference), "id");
  if (/^[\w-]{1,64}$/.test(id)) return id;
  throw unexpected("an id");
}
