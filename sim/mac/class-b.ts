import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { preambleSymbolUs } from "#sim/air/regional.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { beaconTimeIn } from "./beacon-frame.ts";
import {
  BEACON_LESS_MAX_US,
  BEACON_PERIOD_US,
  beaconTimeAt,
  CRYSTAL_PPM,
  hoppingHz,
  PING_SLOT_US,
  pingNb,
  pingOffset,
  pingPeriodSlots,
  slotStartUs,
} from "./beacon-timing.ts";

export interface ClassBConfig {
  readonly region: Region;
  /** True time when the world began. */
  readonly gpsAtStart: GpsSeconds;
  /** How far the device's oscillator is off. */
  readonly driftPpm: number;
}

interface ListeningGroup {
  /** McAddr, or the device's own DevAddr. */
  readonly address: number;
  /** 0: hops with the beacon. */
  readonly frequencyHz: number;
  readonly dr: number;
  readonly periodicity: number;
}

/** In the place of a group's number: the device's own slots. */
export const OWN_SLOTS = -1;
/** How far a frame may be off its slot just after a beacon. */
const TOLERANCE_US = 10_000;
/** Symbols a window adds to its tolerance: preamble needed, less what is sent. */
const WINDOW_SYMBOLS = 4;

/**
 * Class B of one device: it looks for a beacon, then wakes for the ping slots of its groups and, as
 * {@link OWN_SLOTS}, of its own. Between
 * beacons its oscillator runs away, so the windows widen with the time since the last one; after two
 * hours without, it is in class A again and looks for a beacon anew.
 *
 * No timer runs for a slot: whether one was open is asked when a frame was sent, and the time spent
 * listening is booked once a beacon period.
 */
export class ClassB {
  readonly #config: ClassBConfig;
  readonly #crypto: Crypto;
  readonly #groups = new Map<number, ListeningGroup>();
  /** Start of the last beacon that was heard; undefined: looking for one. */
  #lastBeaconUs: WorldUs | undefined;
  /** Since when nothing was booked. */
  #bookedUs: WorldUs = 0;
  #rxUs = 0;
  #losses = 0;

  constructor(config: ClassBConfig, crypto: Crypto) {
    this.#config = config;
    this.#crypto = crypto;
  }

  get isActive(): boolean {
    return this.#groups.size > 0;
  }

  get isLocked(): boolean {
    return this.#lastBeaconUs !== undefined;
  }

  /** Whether the server may count on the device's own slots: what the ClassB bit of an uplink says. */
  get isEnabled(): boolean {
    return this.isLocked && this.#groups.has(OWN_SLOTS);
  }

  /** How often two hours went by without a beacon. */
  get losses(): number {
    return this.#losses;
  }

  open(groupId: number, group: ListeningGroup, now: WorldUs): void {
    this.#book(now);
    this.#groups.set(groupId, group);
  }

  close(groupId: number, now: WorldUs): void {
    this.#book(now);
    this.#groups.delete(groupId);
    if (this.#groups.size === 0) this.#lastBeaconUs = undefined;
  }

  reset(now: WorldUs): void {
    this.#book(now);
    this.#groups.clear();
    this.#lastBeaconUs = undefined;
  }

  /**
   * A beacon was due at `startUs` and is over now; `bytes` undefined: not heard. Only while active.
   * Returns whether class B was just lost.
   */
  onBeacon(bytes: Uint8Array | undefined, startUs: WorldUs, now: WorldUs): boolean {
    this.#book(now);
    const { sizeBytes } = this.#config.region.classB.beacon;
    const time = bytes && beaconTimeIn(bytes, sizeBytes);
    const isNear = this.#lastBeaconUs === undefined || this.#isOpenAt(startUs, startUs);
    if (time !== undefined && isNear) {
      this.#lastBeaconUs = startUs;
      return false;
    }
    const last = this.#lastBeaconUs;
    if (last === undefined || startUs - last < BEACON_LESS_MAX_US) return false;
    this.#lastBeaconUs = undefined;
    this.#losses += 1;
    return true;
  }

  /** Whether a downlink fell into a ping slot of a group, on its channel. */
  hears({ startUs, frequencyHz, dr }: AirDownlink): boolean {
    if (this.#lastBeaconUs === undefined) return false;
    const { gpsAtStart, region } = this.#config;
    const gpsUs = gpsAtStart * 1e6 + startUs;
    const beaconTime = beaconTimeAt(gpsUs + TOLERANCE_US);
    for (const group of this.#groups.values()) {
      if (group.dr !== dr) continue;
      const { address, periodicity } = group;
      const hopping = () => hoppingHz(region.classB.pingSlot.frequenciesHz, beaconTime, address);
      if (frequencyHz !== (group.frequencyHz === 0 ? hopping() : group.frequencyHz)) continue;
      const first = pingOffset(beaconTime, address, periodicity, this.#crypto);
      const periodUs = pingPeriodSlots(periodicity) * PING_SLOT_US;
      const turn = Math.round((gpsUs - slotStartUs(beaconTime, first)) / periodUs);
      if (turn < 0 || turn >= pingNb(periodicity)) continue;
      const slotUs = slotStartUs(beaconTime, first) + turn * periodUs - gpsAtStart * 1e6;
      if (this.#isOpenAt(startUs, slotUs)) return true;
    }
    return false;
  }

  /** Time spent looking for beacons and in ping slots. */
  rxUsAt(now: WorldUs): number {
    this.#book(now);
    return this.#rxUs;
  }

  /** The device's clock has run away by now; its window has widened by what a crystal may do. */
  #isOpenAt(startUs: WorldUs, wantedUs: WorldUs): boolean {
    const elapsedUs = startUs - (this.#lastBeaconUs ?? startUs);
    const errorUs = (elapsedUs * this.#config.driftPpm) / 1e6;
    return Math.abs(startUs - wantedUs - errorUs) <= halfWindowUs(elapsedUs);
  }

  #book(now: WorldUs): void {
    const sinceUs = now - this.#bookedUs;
    this.#bookedUs = now;
    if (!this.isActive || sinceUs <= 0) return;
    if (this.#lastBeaconUs === undefined) {
      this.#rxUs += sinceUs;
      return;
    }
    const half = halfWindowUs(now - this.#lastBeaconUs);
    const { region } = this.#config;
    let openUs = this.#windowUs(region.classB.beacon.dr, half);
    for (const { dr, periodicity } of this.#groups.values()) {
      openUs += pingNb(periodicity) * this.#windowUs(dr, half);
    }
    this.#rxUs += Math.round((openUs * sinceUs) / BEACON_PERIOD_US);
  }

  #windowUs(dr: number, halfUs: number): number {
    return 2 * halfUs + WINDOW_SYMBOLS * preambleSymbolUs(this.#config.region, dr);
  }
}

/** Half of a window: what a frame may be off, and what a crystal may be after so long. */
export function halfWindowUs(sinceBeaconUs: number): number {
  return TOLERANCE_US + (sinceBeaconUs * CRYSTAL_PPM) / 1e6;
}
