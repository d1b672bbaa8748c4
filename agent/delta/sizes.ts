import type { ByteStream } from "./byte-stream.ts";

/**
 * Sizes in detools patches: seven bits a byte, least significant first, bit 7 says that more follow.
 * The first byte of a signed one has its sign in bit 6 and six bits of the value.
 */

/** Enough for 2^34, far more than any image. */
const SIZE_BYTES_MAX = 5;
const MORE = 0x80;
const NEGATIVE = 0x40;

/** Undefined when the stream ends or the size is longer than five bytes. */
export function readSignedSize(stream: ByteStream): number | undefined {
  const first = stream.next();
  if (first < 0) return undefined;
  const rest = (first & MORE) === 0 ? 0 : readMore(stream, 1);
  if (rest === undefined) return undefined;
  const value = (first & 0x3f) + rest * 0x40;
  return (first & NEGATIVE) === 0 ? value : 0 - value;
}

export function readUnsignedSize(stream: ByteStream): number | undefined {
  return readMore(stream, 0);
}

function readMore(stream: ByteStream, bytesBefore: number): number | undefined {
  let value = 0;
  let unit = 1;
  for (let count = bytesBefore; count < SIZE_BYTES_MAX; count++) {
    const byte = stream.next();
    if (byte < 0) return undefined;
    value += (byte & 0x7f) * unit;
    unit *= 0x80;
    if ((byte & MORE) === 0) return value;
  }
  return undefined;
}

export function encodeSignedSize(value: number): readonly number[] {
  const sign = value < 0 ? NEGATIVE : 0;
  const size = Math.abs(value);
  const first = sign | (size % 0x40);
  return size < 0x40 ? [first] : [first | MORE, ...encodeUnsignedSize(Math.floor(size / 0x40))];
}

export function encodeUnsignedSize(value: number): readonly number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | MORE);
  bytes.push(left);
  return bytes;
}
