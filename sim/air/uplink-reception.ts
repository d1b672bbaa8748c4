import type { WorldUs } from "#sim/kernel/engine.ts";
import { type CaptureMatrix, survives } from "./capture.ts";
import { gatewaySensitivityDbm } from "./sensitivity.ts";
import { symbolUs } from "./time-on-air.ts";

export interface UplinkSignal {
  readonly frequencyHz: number;
  readonly sf: number;
  readonly bandwidthHz: 125_000 | 250_000 | 500_000;
  readonly dbm: number;
  readonly startUs: WorldUs;
  readonly endUs: WorldUs;
}

/** Why a gateway did not receive a frame. */
export type UplinkLoss = "tooWeak" | "noDemodulator" | "collision";

interface Heard {
  readonly signal: UplinkSignal;
  readonly loss: "tooWeak" | "noDemodulator" | undefined;
}

/** Of the eight symbols of a preamble a receiver needs the last five. */
const PREAMBLE_SPARE_SYMBOLS = 3;

/**
 * What a gateway makes of uplinks that overlap: a frame needs power, a free demodulator from its
 * start to its end, and to be strong enough beside each other frame on its channel.
 */
export class UplinkReception {
  readonly #capture: CaptureMatrix;
  readonly #demodulators: number;
  #signals: Heard[] = [];

  constructor(capture: CaptureMatrix, demodulators: number) {
    this.#capture = capture;
    this.#demodulators = demodulators;
  }

  /** At its start, in the order of starts. Returns what says at its end how it was lost, if it was. */
  begin(signal: UplinkSignal): () => UplinkLoss | undefined {
    const { startUs, sf, bandwidthHz, dbm } = signal;
    this.#forgetBefore(startUs);
    const busy = this.#signals.filter(({ signal: other, loss }) => {
      return loss === undefined && other.endUs > startUs;
    });
    const isWeak = dbm < gatewaySensitivityDbm(sf, bandwidthHz);
    const isFull = busy.length >= this.#demodulators;
    const heard: Heard = {
      signal,
      loss: isWeak ? "tooWeak" : isFull ? "noDemodulator" : undefined,
    };
    this.#signals.push(heard);
    return () => heard.loss ?? (this.#isDisturbed(signal) ? "collision" : undefined);
  }

  #isDisturbed(signal: UplinkSignal): boolean {
    const spareUs = PREAMBLE_SPARE_SYMBOLS * symbolUs(signal.sf, signal.bandwidthHz);
    const neededFromUs = signal.startUs + spareUs;
    return this.#signals.some(({ signal: other }) => {
      if (other === signal || other.frequencyHz !== signal.frequencyHz) return false;
      const overlaps = other.endUs > neededFromUs && other.startUs < signal.endUs;
      return overlaps && !survives(this.#capture, signal, other);
    });
  }

  /** Signals that no frame on the air now, or later, overlaps. */
  #forgetBefore(now: WorldUs): void {
    const running = this.#signals.filter(({ signal }) => signal.endUs > now);
    const since = running.reduce((least, { signal }) => Math.min(least, signal.startUs), now);
    this.#signals = this.#signals.filter(({ signal }) => signal.endUs > since);
  }
}
