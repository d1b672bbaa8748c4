import { lora, SF12_TO_SF7, WIDE_DOWNLINK } from "./data-rates.ts";
import type { Region } from "./region.ts";

const WIDE_CHANNELS_HZ = Array.from({ length: 8 }, (_, index) => 923_300_000 + index * 600_000);

/**
 * AU915-928 (RP 1.0.3 §2.6). Uplinks DR0 to DR6, downlinks DR8 to DR13. A dwell time binds uplinks
 * alone. LR-FHSS is left out.
 */
export const AU915: Region = {
  name: "AU915",
  uplinkRates: [...SF12_TO_SF7, lora(8, 500_000)],
  downlinkRates: WIDE_DOWNLINK,
  /** Without dwell time, as LoRaMac-node and ChirpStack have it for RP 1.0.3 and RP002-1.0.2. */
  payload: {
    direct: {
      "1.0.3": [51, 51, 51, 115, 242, 242, 242, 0, 53, 129, 242, 242, 242, 242],
      "RP002-1.0.2": [51, 51, 51, 115, 242, 242, 242, 0, 53, 129, 242, 242, 242, 242],
    },
    repeater: {
      "1.0.3": [51, 51, 51, 115, 222, 222, 222, 0, 33, 109, 222, 222, 222, 222],
      "RP002-1.0.2": [51, 51, 51, 115, 222, 222, 222, 0, 53, 129, 222, 222, 222, 222],
    },
  },
  dwell: {
    uplink: true,
    downlink: false,
    payload: {
      direct: {
        "1.0.3": [0, 0, 11, 53, 125, 242, 242, 0, 53, 129, 242, 242, 242, 242],
        "RP002-1.0.2": [0, 0, 11, 53, 125, 242, 242, 0, 53, 129, 242, 242, 242, 242],
      },
      repeater: {
        "1.0.3": [0, 0, 11, 53, 125, 242, 242, 0, 33, 109, 222, 222, 222, 222],
        "RP002-1.0.2": [0, 0, 11, 53, 125, 222, 222, 0, 53, 129, 222, 222, 222, 222],
      },
    },
  },
  plan: {
    type: "fixed",
    groups: [
      { firstHz: 915_200_000, stepHz: 200_000, count: 64, drMin: 0, drMax: 5 },
      { firstHz: 915_900_000, stepHz: 1_600_000, count: 8, drMin: 6, drMax: 6 },
    ],
    downlink: { firstHz: 923_300_000, stepHz: 600_000, count: 8 },
    subBands: 8,
    joinDrs: [2, 6],
    hopBelowDr: 6,
  },
  rx2: { frequencyHz: 923_300_000, dr: 8 },
  rx1Dr: [
    [8, 8, 8, 8, 8, 8],
    [9, 8, 8, 8, 8, 8],
    [10, 9, 8, 8, 8, 8],
    [11, 10, 9, 8, 8, 8],
    [12, 11, 10, 9, 8, 8],
    [13, 12, 11, 10, 9, 8],
    [13, 13, 12, 11, 10, 9],
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
  usual: { uplinkDr: 5, multicastDr: 10, gatewayDutyCyclePercent: 100 },
};
