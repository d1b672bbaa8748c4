import { downBy, SF12_TO_SF7 } from "./data-rates.ts";
import type { Region } from "./region.ts";

const CLASS_B_HZ = Array.from({ length: 8 }, (_, index) => 508_300_000 + index * 200_000);

/**
 * CN470-510 by RP 1.0.3 §2.7, as ChirpStack and LoRaMac-node 4.4 have it: 96 channels up, 48 down. The
 * four plans that RP002-1.0.1 replaced it with (20 and 26 MHz, two antennas each) are left out.
 */
export const CN470: Region = {
  name: "CN470",
  uplinkRates: SF12_TO_SF7,
  downlinkRates: SF12_TO_SF7,
  payload: {
    direct: { "1.0.3": [51, 51, 51, 115, 242, 242] },
    repeater: { "1.0.3": [51, 51, 51, 115, 222, 222] },
  },
  dwell: undefined,
  plan: {
    type: "fixed",
    groups: [{ firstHz: 470_300_000, stepHz: 200_000, count: 96, drMin: 0, drMax: 5 }],
    downlink: { firstHz: 500_300_000, stepHz: 200_000, count: 48 },
    subBands: 12,
    joinDrs: undefined,
    hopBelowDr: 0,
  },
  rx2: { frequencyHz: 505_300_000, dr: 0 },
  rx1Dr: downBy(5, 5),
  downlinkHz: { fromHz: 500_300_000, toHz: 509_700_000, stepHz: 200_000 },
  subBands: [],
  elsewherePercent: 100,
  maxEirpDbm: 19.15,
  txPowerIndexMax: 7,
  classB: {
    beacon: { frequenciesHz: CLASS_B_HZ, dr: 2, sizeBytes: 19 },
    pingSlot: { frequenciesHz: CLASS_B_HZ, dr: 2 },
  },
  usual: { uplinkDr: 5, multicastDr: 5, gatewayDutyCyclePercent: 100 },
};
