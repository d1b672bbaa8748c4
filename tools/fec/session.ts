/** The deterministic ingredients of a session in a vector file, and of the benchmark. */
import type { Ranges } from "./vectors.ts";

/** Top bytes of a 32-bit linear congruential generator. */
export function lcgBytes(seed: number, length: number): Uint8Array {
  let s = seed >>> 0;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    s = (Math.imul(s, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = s >>> 24;
  }
  return bytes;
}

/** mulberry32: uniform in [0, 1), one value per call. */
export function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Fragment numbers of 1..`last` that survive a loss of probability `p`, ascending. */
export function survivors(last: number, p: number, seed: number): number[] {
  const next = mulberry32(seed);
  const received: number[] = [];
  for (let n = 1; n <= last; n++) if (next() >= p) received.push(n);
  return received;
}

export function expandRanges(ranges: Ranges): number[] {
  const list: number[] = [];
  for (const item of ranges) {
    if (typeof item === "number") list.push(item);
    else for (let n = item[0]; n <= item[1]; n++) list.push(n);
  }
  return list;
}
