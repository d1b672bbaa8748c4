import { downBy, FSK, lora, SF12_TO_SF7 } from "./data-rates.ts";
import type { Region } from "./region.ts";

const RATES = [...SF12_TO_SF7, lora(7, 250_000), FSK];

/** RU864-870 (RP 1.0.3 §2.11). */
export const RU864: Region = {
  name: "RU864",
  uplinkRates: RATES,
  downlinkRates: RATES,
  payload: {
    direct: {
      "1.0.3": [51, 51, 51, 115, 242, 242, 242, 242],
      "RP002-1.0.2": [51, 51, 51, 115, 242, 242, 242, 242],
    },
    repeater: {
      "1.0.3": [51, 51, 51, 115, 222, 222, 222, 222],
      "RP002-1.0.2": [51, 51, 51, 115, 222, 222, 222, 222],
    },
  },
  dwell: undefined,
  plan: {
    type: "dynamic",
    defaultHz: [868_900_000, 869_100_000],
    drMin: 0,
    drMax: 5,
    channelsMax: 16,
  },
  rx2: { frequencyHz: 869_100_000, dr: 0 },
  rx1Dr: downBy(5, 7),
  downlinkHz: { fromHz: 864_000_000, toHz: 870_000_000 },
  /** One band, as LoRaMac-node has it. */
  subBands: [{ fromHz: 864_000_000, toHz: 870_000_001, dutyCyclePercent: 1 }],
  elsewherePercent: 1,
  maxEirpDbm: 16,
  txPowerIndexMax: 7,
  classB: {
    beacon: { frequenciesHz: [869_100_000], dr: 3, sizeBytes: 17 },
    pingSlot: { frequenciesHz: [868_900_000], dr: 3 },
  },
  usual: { uplinkDr: 5, multicastDr: 5, gatewayDutyCyclePercent: 10 },
};
