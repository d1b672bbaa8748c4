import type { Region, SubBand } from "#scenarios/regions/region.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/**
 * Duty cycle of one transmitter, by sub-band: after a transmission of length T at duty cycle d the
 * next one in the same sub-band starts T/d after that one's start at the earliest (ETSI EN 300 220 by
 * the off-time rule of LoRaWAN stacks).
 */
export class DutyCycle {
  readonly #bands: readonly SubBand[];
  readonly #elsewherePercent: number;
  /** Per sub-band, then one for what lies between them. */
  readonly #freeFromUs: WorldUs[];

  constructor({ subBands, elsewherePercent }: Pick<Region, "subBands" | "elsewherePercent">) {
    this.#bands = subBands;
    this.#elsewherePercent = elsewherePercent;
    this.#freeFromUs = new Array<WorldUs>(subBands.length + 1).fill(0);
  }

  /** `now`, or later. */
  earliestStartUs(frequencyHz: number, now: WorldUs): WorldUs {
    return Math.max(now, this.#freeFromUs[this.#indexOf(frequencyHz)] ?? 0);
  }

  spend(frequencyHz: number, startUs: WorldUs, airtimeUs: number): void {
    const index = this.#indexOf(frequencyHz);
    const percent = this.#bands[index]?.dutyCyclePercent ?? this.#elsewherePercent;
    const freeFromUs = startUs + Math.ceil((airtimeUs * 100) / percent);
    this.#freeFromUs[index] = Math.max(this.#freeFromUs[index] ?? 0, freeFromUs);
  }

  #indexOf(frequencyHz: number): number {
    const index = this.#bands.findIndex(
      ({ fromHz, toHz }) => fromHz <= frequencyHz && frequencyHz < toHz,
    );
    return index < 0 ? this.#bands.length : index;
  }
}
