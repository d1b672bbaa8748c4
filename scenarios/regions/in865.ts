import { FSK, SF12_TO_SF7 } from "./data-rates.ts";
import type { Region } from "./region.ts";

const RATES = [...SF12_TO_SF7, undefined, FSK];

/** IN865-867 (RP 1.0.3 §2.10). There is no DR6, and no duty cycle. */
export const IN865: Region = {
  name: "IN865",
  uplinkRates: RATES,
  downlinkRates: RATES,
  payload: {
    direct: {
      "1.0.3": [51, 51, 51, 115, 242, 242, 0, 242],
      "RP002-1.0.2": [51, 51, 51, 115, 242, 242, 0, 242],
    },
    repeater: {
      "1.0.3": [51, 51, 51, 115, 222, 222, 0, 222],
      "RP002-1.0.2": [51, 51, 51, 115, 222, 222, 0, 222],
    },
  },
  dwell: undefined,
  plan: {
    type: "dynamic",
    defaultHz: [865_062_500, 865_402_500, 865_985_000],
    drMin: 0,
    drMax: 5,
    channelsMax: 16,
  },
  rx2: { frequencyHz: 866_550_000, dr: 2 },
  /** Offsets 6 and 7 are steps up, as far as DR5. The row of DR7 is LoRaMac-node's. */
  rx1Dr: [
    [0, 0, 0, 0, 0, 0, 1, 2],
    [1, 0, 0, 0, 0, 0, 2, 3],
    [2, 1, 0, 0, 0, 0, 3, 4],
    [3, 2, 1, 0, 0, 0, 4, 5],
    [4, 3, 2, 1, 0, 0, 5, 5],
    [5, 4, 3, 2, 1, 0, 5, 5],
    [],
    [7, 5, 5, 4, 3, 2, 7, 7],
  ],
  downlinkHz: { fromHz: 865_000_000, toHz: 867_000_000 },
  subBands: [],
  elsewherePercent: 100,
  maxEirpDbm: 30,
  txPowerIndexMax: 10,
  classB: {
    beacon: { frequenciesHz: [866_550_000], dr: 4, sizeBytes: 19 },
    pingSlot: { frequenciesHz: [866_550_000], dr: 4 },
  },
  usual: { uplinkDr: 5, multicastDr: 5, gatewayDutyCyclePercent: 100 },
};
