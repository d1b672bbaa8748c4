/** What TS005 makes a device remember. */
import type { GpsSeconds } from "#hal/ports.ts";
import type { LorawanVersion } from "../keys/multicast.ts";
import type { RegionLimits } from "./region-limits.ts";

export interface MulticastSetupConfig {
  /** Of TS005. */
  readonly version: 1 | 2;
  /** Contexts the device supports, 1 to 4. */
  readonly groupCount: number;
  readonly region: RegionLimits;
  /** A class C window opens so much before the start of the session. */
  readonly openEarlyS: number;
  /** Whether a lone StartMissed comes with a TimeToStart of 0: ChirpStack v4 cannot read it without. */
  readonly chirpstackAnswers: boolean;
  readonly lorawan: LorawanVersion;
  /** GenAppKey on 1.0.x, AppKey on 1.1. */
  readonly rootSecret: Uint8Array;
}

/** A session of class C or B. Plain data; all but `isOpen` must survive a reboot. */
export interface McSession {
  /** Class B: 2^(7 - periodicity) ping slots per beacon. Undefined: class C. */
  readonly periodicity: number | undefined;
  readonly startGps: GpsSeconds;
  readonly durationS: number;
  readonly dlFrequencyHz: number;
  readonly dr: number;
  isOpen: boolean;
}

/** One multicast context. Plain data, all of which must survive a reboot. */
export interface McGroup {
  readonly mcAddr: number;
  readonly mcAppSKey: Uint8Array;
  readonly mcNwkSKey: Uint8Array;
  readonly minMcFCnt: number;
  /** Exclusive. */
  readonly maxMcFCnt: number;
  /** Lowest counter that a frame may still have. */
  nextMcFCnt: number;
  session: McSession | undefined;
}

export const MC_GROUPS_MAX = 4;
/** Class B. */
export const BEACON_PERIOD_S = 128;

/** Plain data. */
export interface MulticastSetupState {
  /** By McGroupID. */
  readonly groups: (McGroup | undefined)[];
}

export function newMulticastSetupState(): MulticastSetupState {
  return { groups: new Array<McGroup | undefined>(MC_GROUPS_MAX).fill(undefined) };
}
