/**
 * What a regional parameters document says of one region, as data. Sources are named at each table:
 * "RP 1.0.3" is LoRaWAN 1.0.3 Regional Parameters rev A, "RP002" its successor from 2019 on.
 */

export type RegionName =
  | "EU868"
  | "US915"
  | "AU915"
  | "AS923-1"
  | "AS923-2"
  | "AS923-3"
  | "AS923-4"
  | "IN865"
  | "KR920"
  | "CN470"
  | "RU864";

export type DataRate =
  | {
      readonly modulation: "lora";
      readonly sf: number;
      readonly bandwidthHz: 125_000 | 250_000 | 500_000;
    }
  | { readonly modulation: "fsk"; readonly bitsPerSecond: 50_000 };

/** By number. Undefined: reserved, or LR-FHSS, which is not modelled. */
export type DataRates = readonly (DataRate | undefined)[];

export type RegionalRevision = "1.0.3" | "RP002-1.0.2";

/**
 * N, the longest FRMPayload without FOpts, in bytes by data rate; 0 where nothing may be sent. A
 * region whose channel plan is the older document's alone has no table of the newer one.
 */
export interface PayloadLimits {
  readonly direct: PayloadTables;
  /** Behind a repeater. */
  readonly repeater: PayloadTables;
}
export interface PayloadTables {
  readonly "1.0.3": readonly number[];
  readonly "RP002-1.0.2"?: readonly number[];
}

/** Channels at equal distances, usable from `drMin` to `drMax`. */
export interface ChannelGroup {
  readonly firstHz: number;
  readonly stepHz: number;
  readonly count: number;
  readonly drMin: number;
  readonly drMax: number;
}

/** The network adds channels to a few that every device knows. */
export interface DynamicPlan {
  readonly type: "dynamic";
  /** Channels every device knows; they cannot be changed, and joins use them. */
  readonly defaultHz: readonly number[];
  readonly drMin: number;
  readonly drMax: number;
  readonly channelsMax: number;
}

/** The network chooses from many that every device knows. */
export interface FixedPlan {
  readonly type: "fixed";
  /** Numbered through. */
  readonly groups: readonly ChannelGroup[];
  /** RX1 is on channel (uplink channel modulo `count`) of these. */
  readonly downlink: Pick<ChannelGroup, "firstHz" | "stepHz" | "count">;
  /**
   * Sub-band n of 1 to 8: eight channels of the first group from 8 (n - 1) on, and channel n - 1 of
   * the second. 0: the plan is not used that way.
   */
  readonly subBands: number;
  /** Join requests use these data rates by turns, one per group; undefined: the device's own. */
  readonly joinDrs: readonly number[] | undefined;
  /** LinkADRReq below this data rate has to leave at least two channels of the first group on. */
  readonly hopBelowDr: number;
}

export interface SubBand {
  readonly fromHz: number;
  /** Exclusive. */
  readonly toHz: number;
  readonly dutyCyclePercent: number;
}

/** What class B needs to know. Frequencies of more than one channel are hopped through. */
export interface ClassBDefaults {
  readonly beacon: {
    readonly frequenciesHz: readonly number[];
    readonly dr: number;
    readonly sizeBytes: number;
  };
  readonly pingSlot: { readonly frequenciesHz: readonly number[]; readonly dr: number };
}

/** Limits on the length of a single transmission (400 ms) that a country may add. */
export interface DwellTime {
  readonly uplink: boolean;
  readonly downlink: boolean;
}

/** Where a network is: what its devices and gateways keep to. */
export interface RegionalSetting {
  readonly region: Region;
  /** Of a fixed plan: the only one in use, from 1. Undefined: all channels are. */
  readonly subBand: number | undefined;
  readonly dwell: DwellTime;
}

export interface Region {
  readonly name: RegionName;
  readonly uplinkRates: DataRates;
  readonly downlinkRates: DataRates;
  readonly payload: PayloadLimits;
  /** Where a dwell time of 400 ms may apply, and to which direction; there is TxParamSetupReq, too. */
  readonly dwell:
    | { readonly payload: PayloadLimits; readonly uplink: boolean; readonly downlink: boolean }
    | undefined;
  readonly plan: DynamicPlan | FixedPlan;
  readonly rx2: { readonly frequencyHz: number; readonly dr: number };
  /** Data rate of RX1 by data rate of the uplink, then by RX1DROffset. */
  readonly rx1Dr: readonly (readonly number[])[];
  /** The same under a downlink dwell time. */
  readonly rx1DrDwell?: readonly (readonly number[])[];
  /** Where downlinks may be; on a raster from `fromHz`, if it has one. */
  readonly downlinkHz: {
    readonly fromHz: number;
    /** Inclusive. */
    readonly toHz: number;
    readonly stepHz?: number;
  };
  /** Duty cycle of devices by frequency. None: it is not limited so. */
  readonly subBands: readonly SubBand[];
  /** Duty cycle between the sub-bands. */
  readonly elsewherePercent: number;
  readonly maxEirpDbm: number;
  /** Highest TXPower of LinkADRReq: 2 dB a step below the maximum. */
  readonly txPowerIndexMax: number;
  readonly classB: ClassBDefaults;
  /** What a scenario gets that does not say: our choice, no document's. */
  readonly usual: {
    readonly uplinkDr: number;
    readonly multicastDr: number;
    readonly gatewayDutyCyclePercent: number;
  };
}
