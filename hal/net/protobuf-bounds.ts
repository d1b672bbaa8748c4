/**
 * Whether the lengths in a protobuf message, seen from its top level, end within it (protobuf.dev,
 * "Encoding"). The library that decodes it believes a length before it looks for the bytes: a text of
 * 2^31 characters in five bytes keeps it busy for many seconds.
 */
export function isWithinBounds(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const tag = varintAt(bytes, at);
    if (tag === undefined) return false;
    at = tag.end;
    const end = endOfField(bytes, at, tag.value & 7);
    if (end === undefined || end > bytes.length) return false;
    at = end;
  }
  return true;
}

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/** Undefined: no such field. */
function endOfField(bytes: Uint8Array, at: number, wireType: number): number | undefined {
  switch (wireType) {
    case VARINT:
      return varintAt(bytes, at)?.end;
    case FIXED_64:
      return at + 8;
    case FIXED_32:
      return at + 4;
    case DELIMITED: {
      const length = varintAt(bytes, at);
      return length && length.end + length.value;
    }
    default:
      return undefined;
  }
}

const VARINT_BYTES_MAX = 10;

function varintAt(bytes: Uint8Array, at: number) {
  let value = 0;
  for (let index = 0; index < VARINT_BYTES_MAX; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}
