import { type DrawKey, draw32, threshold } from "#sim/kernel/draws.ts";

/** How frames get lost. */
export type LossSpec =
  | { readonly model: "bernoulli"; readonly probability: number }
  | {
      readonly model: "gilbertElliott";
      /** Chances per frame of changing the state; mean burst = 1 / badToGood. */
      readonly goodToBad: number;
      readonly badToGood: number;
      readonly lossGood: number;
      readonly lossBad: number;
    }
  /** Numbers of the lost frames, from 1: a list for each receiver, taken in turn. */
  | { readonly model: "trace"; readonly lost: readonly (readonly number[])[] };

/** Whether frame number `counter` (from 0) is lost: a function of the key and the counter alone. */
export interface LossModel {
  lost(counter: number): boolean;
}

/**
 * `key` names the receiver: a device, or a gateway for losses that a whole cell shares. `turn`: its
 * place among the receivers.
 */
export function lossModel(spec: LossSpec, key: DrawKey, turn = 0): LossModel {
  switch (spec.model) {
    case "bernoulli":
      return new Bernoulli(spec.probability, key);
    case "gilbertElliott":
      return new GilbertElliott(spec, key);
    case "trace":
      return new Trace(spec.lost[turn % spec.lost.length] ?? []);
  }
}

class Trace implements LossModel {
  readonly #lost: ReadonlySet<number>;

  constructor(lost: readonly number[]) {
    this.#lost = new Set(lost);
  }

  lost(counter: number): boolean {
    return this.#lost.has(counter + 1);
  }
}

class Bernoulli implements LossModel {
  readonly #key: DrawKey;
  readonly #threshold: number;

  constructor(probability: number, key: DrawKey) {
    this.#key = key;
    this.#threshold = threshold(probability);
  }

  lost(counter: number): boolean {
    return draw32(this.#key, counter) < this.#threshold;
  }
}

/**
 * Two states with a loss probability each, one possible change of state per frame.
 *
 * Both states read the same draw of a frame: below `goodToBad` a good channel turns bad, below
 * `1 - badToGood` a bad one stays bad. So most draws send either state to the same one, and the state
 * at any frame follows from the last such draw before it: no history is needed, only looked up. What
 * was found last is remembered, which makes a call for the next frame one draw.
 */
class GilbertElliott implements LossModel {
  readonly #key: DrawKey;
  readonly #turnsBad: number;
  readonly #staysBad: number;
  readonly #lostWhenGood: number;
  readonly #lostWhenBad: number;
  readonly #startsBad: boolean;
  #knownCounter = -1;
  #knownBad: boolean;

  constructor(spec: Extract<LossSpec, { model: "gilbertElliott" }>, key: DrawKey) {
    const { goodToBad, badToGood } = spec;
    this.#key = key;
    this.#turnsBad = threshold(goodToBad);
    this.#staysBad = threshold(1 - badToGood);
    this.#lostWhenGood = threshold(spec.lossGood);
    this.#lostWhenBad = threshold(spec.lossBad);
    const changes = goodToBad + badToGood;
    const badShare = changes === 0 ? 0 : goodToBad / changes;
    this.#startsBad = draw32(key, START_DRAW) < threshold(badShare);
    this.#knownBad = this.#startsBad;
  }

  lost(counter: number): boolean {
    const bad = this.#isBad(counter);
    const limit = bad ? this.#lostWhenBad : this.#lostWhenGood;
    return draw32(this.#key, 2 * counter + 1) < limit;
  }

  #isBad(counter: number): boolean {
    const floor = counter >= this.#knownCounter ? this.#knownCounter : -1;
    let bad = floor < 0 ? this.#startsBad : this.#knownBad;
    let flips = false;
    for (let at = counter; at > floor; at--) {
      const draw = draw32(this.#key, 2 * at);
      const fromGood = draw < this.#turnsBad;
      const fromBad = draw < this.#staysBad;
      if (fromGood === fromBad) {
        bad = fromGood;
        break;
      }
      if (fromGood) flips = !flips;
    }
    if (flips) bad = !bad;
    this.#knownCounter = counter;
    this.#knownBad = bad;
    return bad;
  }
}

/** Before the draws of frame 0, and not one of any frame. */
const START_DRAW = -1;
