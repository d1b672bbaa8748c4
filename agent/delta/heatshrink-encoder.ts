import { encodeShape } from "./heatshrink.ts";
import type { Matches } from "./matches.ts";

/** A bit 1 and eight bits. */
const LITERAL_BITS = 9;
/**
 * The shortest heatshrink stream for these matches, its shape in front as detools has it. Exact:
 * the rest of the data never costs less from an earlier place on, so the longest match is the best.
 */
export function compressHeatshrink(
  data: Uint8Array,
  matches: Matches,
  lookaheadBits: number,
): Uint8Array {
  const { windowBits } = matches;
  const lengths = chosenLengths(matches, lookaheadBits);
  const writer = new BitWriter(encodeShape({ windowBits, lookaheadBits }));
  for (let at = 0; at < data.length; ) {
    const length = lengths[at] as number;
    if (length === 0) {
      writer.put(0x100 | (data[at] as number), LITERAL_BITS);
      at += 1;
      continue;
    }
    writer.put(0, 1);
    writer.put((matches.distances[at] as number) - 1, windowBits);
    writer.put(length - 1, lookaheadBits);
    at += length;
  }
  return writer.finish();
}

/** Length of the copy at each place where the cheapest way has one; 0: a byte as it is. */
function chosenLengths({ windowBits, lengths }: Matches, lookaheadBits: number): Uint16Array {
  const copyBits = 1 + windowBits + lookaheadBits;
  const lengthMax = 2 ** lookaheadBits;
  const chosen = new Uint16Array(lengths.length);
  /** From each place to the end. */
  const bits = new Float64Array(lengths.length + 1);
  for (let at = lengths.length - 1; at >= 0; at--) {
    const literal = LITERAL_BITS + (bits[at + 1] as number);
    const length = Math.min(lengths[at] as number, lengthMax);
    const copy = copyBits + (bits[at + length] as number);
    const isCopy = length > 0 && copy < literal;
    if (isCopy) chosen[at] = length;
    bits[at] = isCopy ? copy : literal;
  }
  return chosen;
}

/** Most significant bit first; the last byte is filled up with zeros. */
class BitWriter {
  readonly #bytes: number[];
  #bits = 0;
  #bitCount = 0;

  constructor(first: number) {
    this.#bytes = [first];
  }

  put(value: number, count: number): void {
    this.#bits = (this.#bits << count) | value;
    this.#bitCount += count;
    for (; this.#bitCount >= 8; this.#bitCount -= 8) {
      this.#bytes.push((this.#bits >> (this.#bitCount - 8)) & 0xff);
    }
    this.#bits &= (1 << this.#bitCount) - 1;
  }

  finish(): Uint8Array {
    if (this.#bitCount > 0) this.put(0, 8 - this.#bitCount);
    return Uint8Array.from(this.#bytes);
  }
}
