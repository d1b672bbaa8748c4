import type { Entropy } from "#hal/ports.ts";

/**
 * Counter-based random numbers: a draw is a hash of (seed, device, purpose, counter). Adding a
 * device, dropping a fault or drawing once more for one purpose changes no other draw, and shards
 * of a run see the numbers that the whole run sees.
 */
export type DrawKey = number & { readonly __drawKey: never };

/** The 32-bit finaliser of MurmurHash3: a bijection in which every input bit reaches every output bit. */
function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function purposeHash(purpose: string): number {
  let h = 0x811c_9dc5;
  for (let index = 0; index < purpose.length; index++) {
    h = Math.imul(h ^ purpose.charCodeAt(index), 0x0100_0193);
  }
  return h >>> 0;
}

/**
 * Names one stream of draws. `device` is the index in the whole fleet, or any other small integer.
 *
 * Seed and purpose fixed, it is a bijection of `device`: no two devices share a stream. The seed
 * goes in twice, or else the devices of one seed could be those of another in a different order.
 */
export function drawKey(seed: number, device: number, purpose: string): DrawKey {
  const keyed = mix(mix(seed ^ 0x9e37_79b9) ^ device) ^ Math.imul(seed, 0xc2b2_ae3d);
  return mix(keyed + purposeHash(purpose)) as DrawKey;
}

/** Uniform in [0, 2^32). */
export function draw32(key: DrawKey, counter: number): number {
  return mix(mix(key ^ Math.imul(counter + 1, 0x9e37_79b1)) + key);
}

/** Integer threshold for {@link draw32}: a draw below it happens with `probability`. */
export function threshold(probability: number): number {
  return Math.round(probability * 4_294_967_296);
}

/** Uniform integer in [0, bound), by multiplication; the bias is below 2^-21 for bound <= 2^32. */
export function drawBelow(key: DrawKey, counter: number, bound: number): number {
  const high = draw32(key, 2 * counter) >>> 11;
  const low = draw32(key, 2 * counter + 1);
  const unit = (high * 4_294_967_296 + low) / 9_007_199_254_740_992;
  return Math.floor(unit * bound);
}

/** The device's entropy port on keyed draws: every purpose counts on its own. */
export class KeyedEntropy implements Entropy {
  readonly #seed: number;
  readonly #device: number;
  readonly #streams = new Map<string, { readonly key: DrawKey; counter: number }>();

  constructor(seed: number, device: number) {
    this.#seed = seed;
    this.#device = device;
  }

  below(purpose: string, bound: number): number {
    let stream = this.#streams.get(purpose);
    if (stream === undefined) {
      stream = { key: drawKey(this.#seed, this.#device, purpose), counter: 0 };
      this.#streams.set(purpose, stream);
    }
    return drawBelow(stream.key, stream.counter++, bound);
  }
}
