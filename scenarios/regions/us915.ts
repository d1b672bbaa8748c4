import { lora, WIDE_DOWNLINK } from "./data-rates.ts";
import type { Region } from "./region.ts";

const WIDE_CHANNELS_HZ = Array.from({ length: 8 }, (_, index) => 923_300_000 + index * 600_000);

/**
 * US902-928 (RP 1.0.3 §2.3). Uplinks DR0 to DR4, downlinks DR8 to DR13. That no frame lasts longer
 * than 400 ms (FCC 15.247) is in the payload limits. LR-FHSS is left out.
 */
export const US915: Region = {
  name: "US915",
  uplinkRates: [...[10, 9, 8, 7].map((sf) => lora(sf, 125_000)), lora(8, 500_000)],
  downlinkRates: WIDE_DOWNLINK,
  /** Tables 15 and 16; RP002-1.0.2 tables 23 and 24. */
  payload: {
    direct: {
      "1.0.3": [11, 53, 125, 242, 242, 0, 0, 0, 53, 129, 242, 242, 242, 242],
      "RP002-1.0.2": [11, 53, 125, 242, 242, 0, 0, 0, 53, 129, 242, 242, 242, 242],
    },
    repeater: {
      "1.0.3": [11, 53, 125, 242, 242, 0, 0, 0, 33, 109, 222, 222, 222, 222],
      "RP002-1.0.2": [11, 53, 125, 222, 222, 0, 0, 0, 53, 129, 222, 222, 222, 222],
    },
  },
  dwell: undefined,
  plan: {
    type: "fixed",
    groups: [
      { firstHz: 902_300_000, stepHz: 200_000, count: 64, drMin: 0, drMax: 3 },
      { firstHz: 903_000_000, stepHz: 1_600_000, count: 8, drMin: 4, drMax: 4 },
    ],
    downlink: { firstHz: 923_300_000, stepHz: 600_000, count: 8 },
    subBands: 8,
    joinDrs: [0, 4],
    hopBelowDr: 4,
  },
  rx2: { frequencyHz: 923_300_000, dr: 8 },
  /** Table 17. */
  rx1Dr: [
    [10, 9, 8, 8],
    [11, 10, 9, 8],
    [12, 11, 10, 9],
    [13, 12, 11, 10],
    [13, 13, 12, 11],
  ],
  downlinkHz: { fromHz: 923_300_000, toHz: 927_500_000, stepHz: 600_000 },
  subBands: [],
  elsewherePercent: 100,
  maxEirpDbm: 30,
  txPowerIndexMax: 14,
  classB: {
    beacon: { frequenciesHz: WIDE_CHANNELS_HZ, dr: 8, sizeBytes: 23 },
    pingSlot: { frequenciesHz: WIDE_CHANNELS_HZ, dr: 8 },
  },
  usual: { uplinkDr: 3, multicastDr: 10, gatewayDutyCyclePercent: 100 },
};
