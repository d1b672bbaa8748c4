import { downBy, FSK, lora, SF12_TO_SF7 } from "./data-rates.ts";
import type { Region } from "./region.ts";

const RATES = [...SF12_TO_SF7, lora(7, 250_000), FSK];

/** EU863-870 (RP 1.0.3 §2.2). */
export const EU868: Region = {
  name: "EU868",
  uplinkRates: RATES,
  downlinkRates: RATES,
  /** Tables 9 and 10. From RP002-1.0.2 on, DR4 has the repeater's limit everywhere. */
  payload: {
    direct: {
      "1.0.3": [51, 51, 51, 115, 242, 242, 242, 242],
      "RP002-1.0.2": [51, 51, 51, 115, 222, 242, 242, 242],
    },
    repeater: {
      "1.0.3": [51, 51, 51, 115, 222, 222, 222, 222],
      "RP002-1.0.2": [51, 51, 51, 115, 222, 222, 222, 222],
    },
  },
  dwell: undefined,
  plan: {
    type: "dynamic",
    defaultHz: [868_100_000, 868_300_000, 868_500_000],
    drMin: 0,
    drMax: 5,
    channelsMax: 16,
  },
  rx2: { frequencyHz: 869_525_000, dr: 0 },
  rx1Dr: downBy(5, 7),
  downlinkHz: { fromHz: 863_000_000, toHz: 870_000_000 },
  /** ERC 70-03, as LoRaMac-node groups it. */
  subBands: [
    { fromHz: 863_000_000, toHz: 865_000_000, dutyCyclePercent: 0.1 },
    { fromHz: 865_000_000, toHz: 868_000_000, dutyCyclePercent: 1 },
    { fromHz: 868_000_000, toHz: 868_600_000, dutyCyclePercent: 1 },
    { fromHz: 868_700_000, toHz: 869_200_000, dutyCyclePercent: 0.1 },
    { fromHz: 869_400_000, toHz: 869_650_000, dutyCyclePercent: 10 },
    { fromHz: 869_700_000, toHz: 870_000_001, dutyCyclePercent: 1 },
  ],
  /** The strictest of the limits. */
  elsewherePercent: 0.1,
  maxEirpDbm: 16,
  txPowerIndexMax: 7,
  classB: {
    beacon: { frequenciesHz: [869_525_000], dr: 3, sizeBytes: 17 },
    pingSlot: { frequenciesHz: [869_525_000], dr: 3 },
  },
  usual: { uplinkDr: 5, multicastDr: 5, gatewayDutyCyclePercent: 10 },
};
