import type { GpsSeconds } from "#hal/ports.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { Oscillator } from "./oscillator.ts";

/** The clock that goes on over a warm reset, and forgets the time without a supply. */
export class RealTimeClock {
  readonly #oscillator: Oscillator;
  readonly #wrongGps: GpsSeconds;
  #gpsUs: number;
  #setAt: WorldUs = 0;
  #isSynced = false;

  /** `wrongGps`: where it starts, at first and from every loss of power. */
  constructor(oscillator: Oscillator, wrongGps: GpsSeconds) {
    this.#oscillator = oscillator;
    this.#wrongGps = wrongGps;
    this.#gpsUs = wrongGps * 1e6;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  gpsAt(now: WorldUs): GpsSeconds {
    const gpsUs = this.#gpsUs + this.#oscillator.elapsed(now - this.#setAt);
    return Math.floor(gpsUs / 1e6) % 2 ** 32;
  }

  set(gps: GpsSeconds, isSynced: boolean, now: WorldUs): void {
    this.#gpsUs = gps * 1e6;
    this.#setAt = now;
    this.#isSynced = isSynced;
  }

  /** Takes over what a device has made of it, unless that is no more than the rounding of both. */
  follow(clock: { readonly gps: GpsSeconds; readonly synced: boolean }, now: WorldUs): void {
    // Both show whole seconds: set anew at every reset, this clock would fall behind.
    const ahead = this.gpsAt(now) - clock.gps;
    if (clock.synced === this.#isSynced && (ahead === 0 || ahead === 1)) return;
    this.set(clock.gps, clock.synced, now);
  }

  losePower(now: WorldUs): void {
    this.set(this.#wrongGps, false, now);
  }
}
