import { downBy, SF12_TO_SF7 } from "./data-rates.ts";
import type { Region } from "./region.ts";

/**
 * KR920-923 (RP 1.0.3 §2.9). It asks for listening before talking, which the simulated air, where
 * nothing collides, always grants.
 */
export const KR920: Region = {
  name: "KR920",
  uplinkRates: SF12_TO_SF7,
  downlinkRates: SF12_TO_SF7,
  payload: {
    direct: {
      "1.0.3": [51, 51, 51, 115, 242, 242],
      "RP002-1.0.2": [51, 51, 51, 115, 242, 242],
    },
    repeater: {
      "1.0.3": [51, 51, 51, 115, 222, 222],
      "RP002-1.0.2": [51, 51, 51, 115, 222, 222],
    },
  },
  dwell: undefined,
  plan: {
    type: "dynamic",
    defaultHz: [922_100_000, 922_300_000, 922_500_000],
    drMin: 0,
    drMax: 5,
    channelsMax: 16,
  },
  rx2: { frequencyHz: 921_900_000, dr: 0 },
  rx1Dr: downBy(5, 5),
  downlinkHz: { fromHz: 920_900_000, toHz: 923_300_000, stepHz: 200_000 },
  subBands: [],
  elsewherePercent: 100,
  /** Below 922 MHz 10 dBm. */
  maxEirpDbm: 14,
  txPowerIndexMax: 7,
  classB: {
    beacon: { frequenciesHz: [923_100_000], dr: 3, sizeBytes: 17 },
    pingSlot: { frequenciesHz: [923_100_000], dr: 3 },
  },
  usual: { uplinkDr: 5, multicastDr: 5, gatewayDutyCyclePercent: 100 },
};
