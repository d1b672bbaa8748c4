/** A field of a header: its name and how many bytes it has, most significant first. */
export type Field<Name extends string> = readonly [name: Name, bytes: 1 | 2 | 4 | 8];

/** The bytes of a header, field after field. Throws `RangeError` for a value that does not fit. */
export function encodeFields<Name extends string>(
  fields: readonly Field<Name>[],
  values: Readonly<Record<Name, bigint | number>>,
): Uint8Array {
  const hex = fields.map(([name, bytes]) => {
    const value = BigInt(values[name]);
    if (value < 0n || value >= 1n << BigInt(8 * bytes)) throw new RangeError(`${name} is ${value}`);
    return value.toString(16).padStart(2 * bytes, "0");
  });
  return new Uint8Array(Buffer.from(hex.join(""), "hex"));
}

export function bytesOf(fields: readonly Field<string>[]): number {
  return fields.reduce((sum, [, bytes]) => sum + bytes, 0);
}
