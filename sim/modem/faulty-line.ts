import type { Entropy } from "#hal/ports.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { threshold } from "#sim/kernel/draws.ts";

const ALL = 2 ** 32;

/** A serial line on which bytes are lost, or arrive as others. */
export class FaultyLine {
  readonly #lost: number;
  readonly #garbled: number;
  readonly #entropy: Entropy;
  readonly #direction: string;

  constructor(
    { lostBytes = 0, garbledBytes = 0 }: Pick<ModemTroubles, "lostBytes" | "garbledBytes">,
    entropy: Entropy,
    direction: "in" | "out",
  ) {
    this.#lost = threshold(lostBytes);
    this.#garbled = threshold(garbledBytes);
    this.#entropy = entropy;
    this.#direction = direction;
  }

  /** What arrives of it. */
  pass(bytes: Uint8Array): Uint8Array {
    if (this.#lost === 0 && this.#garbled === 0) return bytes;
    const arrived: number[] = [];
    for (const byte of bytes) {
      if (this.#draw("lost", ALL) < this.#lost) continue;
      const isGarbled = this.#draw("garbled", ALL) < this.#garbled;
      arrived.push(isGarbled ? byte ^ (1 << this.#draw("bit", 8)) : byte);
    }
    return Uint8Array.from(arrived);
  }

  #draw(purpose: string, bound: number): number {
    return this.#entropy.below(`${purpose} ${this.#direction}`, bound);
  }
}
