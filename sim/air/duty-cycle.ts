import type { WorldUs } from "#sim/kernel/engine.ts";
import { SUB_BANDS, type SubBand } from "./eu868.ts";

/** Between the sub-bands the strictest of the limits holds. */
const ELSEWHERE_PERCENT = 0.1;

/**
 * Duty cycle of one transmitter, by sub-band: after a transmission of length T at duty cycle d the
 * next one in the same sub-band starts T/d after that one's start at the earliest (ETSI EN 300 220 by
 * the off-time rule of LoRaWAN stacks).
 */
export class DutyCycle {
  readonly #bands: readonly SubBand[];
  /** Per sub-band, then one for what lies between them. */
  readonly #freeFromUs: WorldUs[];

  constructor(bands: readonly SubBand[] = SUB_BANDS) {
    this.#bands = bands;
    this.#freeFromUs = new Array<WorldUs>(bands.length + 1).fill(0);
  }

  /** `now`, or later. */
  earliestStartUs(frequencyHz: number, now: WorldUs): WorldUs {
    return Math.max(now, this.#freeFromUs[this.#indexOf(frequencyHz)] ?? 0);
  }

  spend(frequencyHz: number, startUs: WorldUs, airtimeUs: number): void {
    const index = this.#indexOf(frequencyHz);
    const percent = this.#bands[index]?.dutyCyclePercent ?? ELSEWHERE_PERCENT;
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
