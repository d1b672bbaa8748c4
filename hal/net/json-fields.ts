/** JSON from outside, field by field: nothing of it is what it should be until it was looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** Without fields if it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A whole number from 0 to `max`. */
export function isUpTo(max: number, value: unknown): value is number {
  return isWhole(value) && value <= max;
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Undefined for what is no JSON. */
export function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
