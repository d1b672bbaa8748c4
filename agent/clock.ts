import type { GpsSeconds, UptimeUs } from "#hal/ports.ts";

const S_US = 1_000_000;
/** GPS time wraps at 2^32 seconds. */
const PERIOD_S = 2 ** 32;
const PERIOD_US = PERIOD_S * S_US;

/** `value` modulo `period`, in [0, period). */
function modulo(value: number, period: number): number {
  const remainder = value % period;
  return remainder < 0 ? remainder + period : remainder;
}

/** Signed distance from `from` to `to` on the circle of GPS seconds, in [-2^31, 2^31). */
export function gpsDistanceS(from: GpsSeconds, to: GpsSeconds): number {
  return (to - from) | 0;
}

/**
 * GPS time on the device's own oscillator: uptime plus an offset that corrections move. Plain data.
 *
 * Times on either side of "now" are told apart by the shorter way around the circle of 2^32 s.
 */
export class DeviceClock {
  /** GPS µs at uptime 0. */
  offsetUs: number;
  /** Whether some server has confirmed the time, in this life or the one before. */
  synced: boolean;

  constructor(gps: GpsSeconds, at: UptimeUs, synced: boolean) {
    this.offsetUs = modulo(gps * S_US - at, PERIOD_US);
    this.synced = synced;
  }

  /** Modulo 2^32 s, in µs. */
  gpsUs(at: UptimeUs): number {
    return modulo(this.offsetUs + at, PERIOD_US);
  }

  /** Rounded down. */
  gps(at: UptimeUs): GpsSeconds {
    return Math.floor(this.gpsUs(at) / S_US);
  }

  /** Adds whole seconds, modulo 2^32. Whether the result is the right time is for the caller to say. */
  adjust(correctionS: number): void {
    this.offsetUs = modulo(this.offsetUs + correctionS * S_US, PERIOD_US);
  }

  /** When the clock shows `gps`: before `at` if that is the shorter way. Negative: before the boot. */
  uptimeOf(gps: GpsSeconds, at: UptimeUs): UptimeUs {
    const aheadUs = modulo(gps * S_US - this.gpsUs(at), PERIOD_US);
    return at + (aheadUs < PERIOD_US / 2 ? aheadUs : aheadUs - PERIOD_US);
  }
}
