import { randomFillSync } from "node:crypto";
import type { Entropy } from "#hal/ports.ts";

const DRAW_SPAN = 2 ** 53;
const DRAW_BYTES = 8;
/** Draws per call to the system. */
const POOL_DRAWS = 64;

/** The {@link Entropy} port on the system's cryptographic generator. */
export class SystemEntropy implements Entropy {
  readonly #pool = new DataView(new ArrayBuffer(POOL_DRAWS * DRAW_BYTES));
  #used = POOL_DRAWS;

  /** The purpose has no part in it: nobody can repeat or shift these draws. */
  below(_purpose: string, bound: number): number {
    if (!Number.isSafeInteger(bound - 1) || bound < 1) throw new RangeError(`bound ${bound}`);
    // Draws at and above the largest multiple of the bound would favour the low values.
    const fair = DRAW_SPAN - (DRAW_SPAN % bound);
    for (;;) {
      const draw = this.#draw53();
      if (draw < fair) return draw % bound;
    }
  }

  #draw53(): number {
    if (this.#used === POOL_DRAWS) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const at = this.#used++ * DRAW_BYTES;
    return (this.#pool.getUint32(at) >>> 11) * 2 ** 32 + this.#pool.getUint32(at + 4);
  }
}
