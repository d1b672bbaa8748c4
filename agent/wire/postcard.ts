/** postcard (its wire format 1.0), for what a table of {@link CborItem} describes. */
import type { CborDecoded, CborItem, CborRecordShape, CborShape } from "./cbor.ts";

const U32_MAX = 0xffff_ffff;
const VARINT_BYTES_MAX = 5;

/** What `bytes` begin with. Whatever lies behind it is not looked at: the format does not say where it ends. */
export function decodePostcard<T>(item: CborItem<T>, bytes: Uint8Array): CborDecoded<T> {
  const reader = new PostcardReader(bytes);
  const value = read(item.shape, reader);
  const { problem } = reader;
  // The shape is the item's own.
  return problem === undefined ? { ok: true, value: value as T } : { ok: false, ...problem };
}

/** Throws `RangeError` for a value that does not fit its table: that is a bug in the caller. */
export function encodePostcard<T>(item: CborItem<T>, value: T): Uint8Array {
  const bytes: number[] = [];
  write(item.shape, value, bytes);
  return Uint8Array.from(bytes);
}

/** After the first problem it reads nothing more. */
class PostcardReader {
  problem: { readonly problem: string; readonly at: number } | undefined;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  fail(problem: string): void {
    this.problem ??= { problem, at: this.#at };
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) this.fail("it ends too early");
    if (this.problem !== undefined) return 0;
    this.#at += 1;
    return byte ?? 0;
  }

  varint(): number {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) {
        if (value > U32_MAX) this.fail("a number that is too large");
        return value;
      }
    }
    this.fail("a number of more than 5 bytes");
    return 0;
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) this.fail("it ends too early");
    if (this.problem !== undefined) return new Uint8Array(0);
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }
}

function read(shape: CborShape, reader: PostcardReader): unknown {
  switch (shape.type) {
    case "u32":
      return reader.varint();
    case "bytes":
      return reader.take(reader.varint());
    case "optional": {
      const tag = reader.byte();
      if (tag > 1) reader.fail("neither there nor not");
      return tag === 1 ? read(shape.shape, reader) : undefined;
    }
    case "record":
      return readRecord(shape, reader);
    case "choice": {
      const variant = shape.variants[reader.varint()];
      if (variant === undefined) {
        reader.fail("an unknown variant");
        return undefined;
      }
      return { name: variant.name, ...readRecord(variant.shape, reader) };
    }
    default:
      return shape satisfies never;
  }
}

function readRecord({ fields }: CborRecordShape, reader: PostcardReader): object {
  return Object.fromEntries(fields.map(({ name, shape }) => [name, read(shape, reader)]));
}

function write(shape: CborShape, value: unknown, bytes: number[]): void {
  switch (shape.type) {
    case "u32":
      writeVarint(value, bytes);
      break;
    case "bytes":
      if (!(value instanceof Uint8Array)) throw new RangeError("no bytes");
      writeVarint(value.length, bytes);
      for (const byte of value) bytes.push(byte);
      break;
    case "optional":
      bytes.push(value === undefined ? 0 : 1);
      if (value !== undefined) write(shape.shape, value, bytes);
      break;
    case "record":
      for (const { name, shape: field } of shape.fields) write(field, Object(value)[name], bytes);
      break;
    case "choice": {
      const index = shape.variants.findIndex(({ name }) => name === Object(value).name);
      const variant = shape.variants[index];
      if (variant === undefined) throw new RangeError(`no variant ${String(Object(value).name)}`);
      writeVarint(index, bytes);
      write(variant.shape, value, bytes);
      break;
    }
    default:
      shape satisfies never;
  }
}

function writeVarint(value: unknown, bytes: number[]): void {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > U32_MAX) {
    throw new RangeError(`${value}`);
  }
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
