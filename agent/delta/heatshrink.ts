import type { ByteStream } from "./byte-stream.ts";

/** Bounds the memory of a device: the window is the largest part of it. */
export const WINDOW_BITS_MAX = 11;
const WINDOW_BITS_MIN = 4;
const LOOKAHEAD_BITS_MIN = 3;

/** How a heatshrink stream was made. */
export interface HeatshrinkShape {
  /** A back-reference reaches 2^n bytes. */
  readonly windowBits: number;
  /** And copies at most 2^n bytes. */
  readonly lookaheadBits: number;
}

/** The byte that detools puts in front of the stream. */
export function encodeShape({ windowBits, lookaheadBits }: HeatshrinkShape): number {
  return ((windowBits - WINDOW_BITS_MIN) << 4) | (lookaheadBits - LOOKAHEAD_BITS_MIN);
}

/** Undefined for what no encoder makes or this device has no memory for. */
export function decodeShape(byte: number): HeatshrinkShape | undefined {
  const windowBits = (byte >> 4) + WINDOW_BITS_MIN;
  const lookaheadBits = (byte & 0x0f) + LOOKAHEAD_BITS_MIN;
  const isKnown = windowBits <= WINDOW_BITS_MAX && lookaheadBits < windowBits;
  return isKnown ? { windowBits, lookaheadBits } : undefined;
}

/**
 * Decoder of heatshrink. A bit 1 and eight bits are a byte; a bit 0, the distance and the length,
 * both less one, copy what was decoded before. The most significant bit comes first; the last byte
 * is filled up with zeros. Before its first byte the window holds zeros.
 */
export class HeatshrinkStream implements ByteStream {
  readonly #source: ByteStream;
  readonly #shape: HeatshrinkShape;
  readonly #window: Uint8Array;
  /** Bytes decoded, as an index into the window. */
  #head = 0;
  #distance = 0;
  #copyLeft = 0;
  /** Bits of the source that are not used yet. */
  #bits = 0;
  #bitCount = 0;

  constructor(source: ByteStream, shape: HeatshrinkShape) {
    this.#source = source;
    this.#shape = shape;
    this.#window = new Uint8Array(2 ** shape.windowBits);
  }

  get isAtEnd(): boolean {
    const isPadding = this.#bitCount < 8 && this.#bits === 0;
    return this.#copyLeft === 0 && isPadding && this.#source.isAtEnd;
  }

  next(): number {
    if (this.#copyLeft > 0) return this.#copy();
    const tag = this.#take(1);
    if (tag < 0) return -1;
    if (tag === 1) {
      const literal = this.#take(8);
      return literal < 0 ? -1 : this.#put(literal);
    }
    const distance = this.#take(this.#shape.windowBits);
    const length = this.#take(this.#shape.lookaheadBits);
    if (distance < 0 || length < 0) return -1;
    this.#distance = distance + 1;
    this.#copyLeft = length + 1;
    return this.#copy();
  }

  #copy(): number {
    this.#copyLeft -= 1;
    const window = this.#window;
    return this.#put(window[(this.#head - this.#distance) & (window.length - 1)] as number);
  }

  #put(byte: number): number {
    this.#window[this.#head] = byte;
    this.#head = (this.#head + 1) & (this.#window.length - 1);
    return byte;
  }

  /** So many bits as an integer, or -1. */
  #take(count: number): number {
    while (this.#bitCount < count) {
      const byte = this.#source.next();
      if (byte < 0) return -1;
      this.#bits = (this.#bits << 8) | byte;
      this.#bitCount += 8;
    }
    this.#bitCount -= count;
    const value = this.#bits >> this.#bitCount;
    this.#bits &= (1 << this.#bitCount) - 1;
    return value;
  }
}
