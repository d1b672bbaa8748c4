const UNSIGNED = 0;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;
const BREAK = 0xff;
const NULL = 0xf6;

/** Of values that are passed over. */
const DEPTH_MAX = 8;
/** A longer key is an unknown one. */
const KEY_BYTES_MAX = 64;

interface Head {
  readonly major: number;
  /** Not exact above 2^53. */
  readonly value: number;
  /** Until a break. */
  readonly isOpen: boolean;
}

const NOTHING: Head = { major: -1, value: 0, isOpen: false };

/**
 * Goes through CBOR from anybody, once, and holds nothing of it: what a head claims is compared with
 * what is left. After the first problem it reads nothing more.
 */
export class CborReader {
  problem: { readonly problem: string; readonly at: number } | undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  fail(problem: string): void {
    this.problem ??= { problem, at: this.#at };
  }

  end(): void {
    if (this.#at < this.#bytes.length) this.fail("bytes behind the end");
  }

  unsigned(max: number): number {
    const { major, value } = this.#head();
    if (major !== UNSIGNED) this.fail("no unsigned number");
    if (value > max) this.fail("a number that is too large");
    return value;
  }

  bytes(): Uint8Array {
    const head = this.#head();
    if (head.major !== BYTES || head.isOpen) this.fail("no byte string in one piece");
    return this.#take(head.value).slice();
  }

  takesNull(): boolean {
    if (this.problem !== undefined || this.#bytes[this.#at] !== NULL) return false;
    this.#at += 1;
    return true;
  }

  /**
   * Calls `onEntry` for each entry of a map with its key, a name or a number, or for each of a list with
   * its position; it has to read the value. Returns the length of a list.
   */
  entries(onEntry: (key: string | number | undefined) => void): number | undefined {
    const { major, value, isOpen } = this.#head();
    if (major !== MAP && major !== LIST) this.fail("neither a map nor a list");
    let index = 0;
    for (; this.problem === undefined; index++) {
      if (isOpen ? this.#takesBreak() : index >= value) break;
      onEntry(major === MAP ? this.#key() : index);
    }
    return major === LIST ? index : undefined;
  }

  skip(depth = 0): void {
    const { major, value, isOpen } = this.#head();
    if (depth > DEPTH_MAX) this.fail("nested too deep");
    switch (major) {
      case BYTES:
      case TEXT:
        if (isOpen) this.#skipPieces(major);
        else this.#take(value);
        break;
      case LIST:
      case MAP: {
        const perEntry = major === MAP ? 2 : 1;
        for (let index = 0; this.problem === undefined; index++) {
          if (isOpen ? this.#takesBreak() : index >= value) break;
          for (let part = 0; part < perEntry; part++) this.skip(depth + 1);
        }
        break;
      }
      case TAG:
        this.skip(depth + 1);
        break;
      case SIMPLE:
        if (isOpen) this.fail("a break that ends nothing");
        break;
      default:
        break;
    }
  }

  #skipPieces(major: number): void {
    while (this.problem === undefined && !this.#takesBreak()) {
      const head = this.#head();
      if (head.major !== major || head.isOpen) this.fail("a piece of another kind");
      this.#take(head.value);
    }
  }

  #key(): string | number | undefined {
    const { major, value, isOpen } = this.#head();
    if (major === UNSIGNED) return value;
    if (major !== TEXT || isOpen) this.fail("a key that is neither name nor number");
    const bytes = this.#take(value);
    return bytes.length > KEY_BYTES_MAX ? undefined : new TextDecoder().decode(bytes);
  }

  #takesBreak(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at += 1;
    return true;
  }

  #take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) this.fail("ends too early");
    if (this.problem !== undefined) return this.#bytes.subarray(0, 0);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #head(): Head {
    const [first] = this.#take(1);
    if (first === undefined) return NOTHING;
    const major = first >> 5;
    const info = first & 0x1f;
    if (info < 24) return { major, value: info, isOpen: false };
    if (info === 31 && major >= BYTES && major !== TAG) return { major, value: 0, isOpen: true };
    if (info > 27) {
      this.fail("a head that means nothing");
      return NOTHING;
    }
    const size = 1 << (info - 24);
    const at = this.#at;
    if (this.#take(size).length < size) return NOTHING;
    return { major, value: this.#number(at, size), isOpen: false };
  }

  #number(at: number, size: number): number {
    switch (size) {
      case 1:
        return this.#view.getUint8(at);
      case 2:
        return this.#view.getUint16(at);
      case 4:
        return this.#view.getUint32(at);
      default:
        return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
    }
  }
}

/** Makes CBOR in its shortest form. */
export class CborWriter {
  readonly #parts: Uint8Array[] = [];

  /** `value` below 2^32. */
  head(major: number, value: number): void {
    const top = major << 5;
    if (value < 24) this.#parts.push(Uint8Array.of(top | value));
    else if (value < 0x100) this.#parts.push(Uint8Array.of(top | 24, value));
    else {
      const size = value < 0x1_0000 ? 2 : 4;
      const part = new Uint8Array(1 + size);
      part[0] = top | (size === 2 ? 25 : 26);
      const view = new DataView(part.buffer);
      if (size === 2) view.setUint16(1, value);
      else view.setUint32(1, value);
      this.#parts.push(part);
    }
  }

  bytes(value: Uint8Array): void {
    this.head(BYTES, value.length);
    this.#parts.push(value);
  }

  key(key: string | number): void {
    if (typeof key === "number") {
      this.head(UNSIGNED, key);
      return;
    }
    const text = new TextEncoder().encode(key);
    this.head(TEXT, text.length);
    this.#parts.push(text);
  }

  null(): void {
    this.#parts.push(Uint8Array.of(NULL));
  }

  whole(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
