import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/** When the gateway of a cell is silent and deaf. */
export class Outages {
  readonly #outages: ResolvedScenario["air"]["outages"];
  #untilUs: WorldUs = 0;

  constructor(outages: ResolvedScenario["air"]["outages"]) {
    this.#outages = outages;
  }

  /** Fragment `n`, from 1, has been on the air: what is to happen then begins behind it. */
  onFragment(n: number, now: WorldUs): void {
    for (const { when, forS } of this.#outages) {
      if ("atFragment" in when && when.atFragment === n) this.#untilUs = now + forS * 1e6;
    }
  }

  isOut(now: WorldUs): boolean {
    if (now < this.#untilUs) return true;
    return this.#outages.some(({ when, forS }) => {
      return "atS" in when && now >= when.atS * 1e6 && now < (when.atS + forS) * 1e6;
    });
  }
}
