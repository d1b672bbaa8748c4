/** When beacons and ping slots are (TS001 1.0.4, class B: slotted transmission timing). */
import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import { BEACON_PERIOD_S } from "#scenarios/session.ts";

export const BEACON_PERIOD_US = 128_000_000;
/** From the start of a beacon to the first slot. */
export const BEACON_RESERVED_US = 2_120_000;
/** Before a beacon nothing else may be on the air. */
export const BEACON_GUARD_US = 3_000_000;
/** 4096 slots lie between them. */
export const PING_SLOT_US = 30_000;
export const PING_SLOTS = 4096;
/** A device keeps to class B for so long without a beacon. */
export const BEACON_LESS_MAX_US = 7_200_000_000;
/** A crystal of ±10 ppm is off by 1.28 ms after a beacon period. */
export const CRYSTAL_PPM = 10;

const ZERO_KEY = new Uint8Array(16);

/** Slots of a group in one beacon period: 2^(7 - periodicity). */
export function pingNb(periodicity: number): number {
  return 2 ** (7 - periodicity);
}

/** Slots from one of the group to its next. */
export function pingPeriodSlots(periodicity: number): number {
  return PING_SLOTS / pingNb(periodicity);
}

/** First slot of an address after a beacon: drawn from its time, so that addresses seldom collide. */
export function pingOffset(
  beaconTime: GpsSeconds,
  devAddr: number,
  periodicity: number,
  crypto: Crypto,
): number {
  const block = new Uint8Array(16);
  const view = new DataView(block.buffer);
  view.setUint32(0, beaconTime, true);
  view.setUint32(4, devAddr, true);
  const rand = crypto.aesEncrypt(ZERO_KEY, block);
  return ((rand[0] ?? 0) + 256 * (rand[1] ?? 0)) % pingPeriodSlots(periodicity);
}

/** GPS second of the last beacon that began at or before this µs of GPS time. */
export function beaconTimeAt(gpsUs: number): GpsSeconds {
  return Math.floor(gpsUs / BEACON_PERIOD_US) * BEACON_PERIOD_S;
}

/** Start of slot `slot` after the beacon, in µs of GPS time. */
export function slotStartUs(beaconTime: GpsSeconds, slot: number): number {
  return beaconTime * 1e6 + BEACON_RESERVED_US + slot * PING_SLOT_US;
}

export interface PingGroup {
  /** McAddr or DevAddr. */
  readonly address: number;
  readonly periodicity: number;
}

/** Start of the group's first slot at or after this µs of GPS time. */
export function nextPingSlotUs(gpsUs: number, group: PingGroup, crypto: Crypto): number {
  const { address, periodicity } = group;
  const period = pingPeriodSlots(periodicity);
  for (let beaconTime = beaconTimeAt(gpsUs); ; beaconTime += BEACON_PERIOD_S) {
    const first = pingOffset(beaconTime, address, periodicity, crypto);
    const passed = Math.ceil((gpsUs - slotStartUs(beaconTime, first)) / (period * PING_SLOT_US));
    const turn = Math.max(0, passed);
    if (turn < pingNb(periodicity)) return slotStartUs(beaconTime, first + turn * period);
  }
}

/** Channel of a beacon or of a hopping ping slot: the next one with each beacon. */
export function hoppingHz(
  frequenciesHz: readonly number[],
  beaconTime: GpsSeconds,
  devAddr = 0,
): number {
  const turn = (devAddr + Math.floor(beaconTime / BEACON_PERIOD_S)) % frequenciesHz.length;
  return frequenciesHz[turn] ?? 0;
}
