import { FSK, lora, SF12_TO_SF7 } from "./data-rates.ts";
import type { Region } from "./region.ts";

const RATES = [...SF12_TO_SF7, lora(7, 250_000), FSK];

/**
 * AS923 (RP002-1.0.2 §2.10; the first group also RP 1.0.3 §2.8): four groups of countries whose
 * channels are those of the first less `AS923_FREQ_OFFSET`. Ranges are LoRaMac-node's.
 */
function as923(
  name: Extract<Region["name"], `AS923-${number}`>,
  offsetHz: number,
  downlinkHz: { readonly fromHz: number; readonly toHz: number },
): Region {
  const classBHz = [923_400_000 - offsetHz];
  return {
    name,
    uplinkRates: RATES,
    downlinkRates: RATES,
    /** From RP002-1.0.1 on, DR2 carries 115 bytes where no dwell time holds. */
    payload: {
      direct: {
        "1.0.3": [51, 51, 51, 115, 242, 242, 242, 242],
        "RP002-1.0.2": [51, 51, 115, 115, 242, 242, 242, 242],
      },
      repeater: {
        "1.0.3": [51, 51, 51, 115, 222, 222, 222, 222],
        "RP002-1.0.2": [51, 51, 115, 115, 222, 222, 222, 222],
      },
    },
    /** RP002-1.0.5 tables 72 and 73; the same since RP 1.0.3 but for the repeater. */
    dwell: {
      uplink: true,
      downlink: true,
      payload: {
        direct: {
          "1.0.3": [0, 0, 11, 53, 125, 242, 242, 242],
          "RP002-1.0.2": [0, 0, 11, 53, 125, 242, 242, 242],
        },
        repeater: {
          "1.0.3": [0, 0, 11, 53, 125, 242, 242, 242],
          "RP002-1.0.2": [0, 0, 11, 53, 125, 222, 222, 222],
        },
      },
    },
    plan: {
      type: "dynamic",
      defaultHz: [923_200_000 - offsetHz, 923_400_000 - offsetHz],
      drMin: 0,
      drMax: 5,
      channelsMax: 16,
    },
    rx2: { frequencyHz: 923_200_000 - offsetHz, dr: 2 },
    /** RP002-1.0.5 tables 74 and 75: offsets 6 and 7 are steps up. */
    rx1Dr: [
      [0, 0, 0, 0, 0, 0, 1, 2],
      [1, 0, 0, 0, 0, 0, 2, 3],
      [2, 1, 0, 0, 0, 0, 3, 4],
      [3, 2, 1, 0, 0, 0, 4, 5],
      [4, 3, 2, 1, 0, 0, 5, 6],
      [5, 4, 3, 2, 1, 0, 6, 7],
      [6, 5, 4, 3, 2, 1, 7, 7],
      [7, 6, 5, 4, 3, 2, 7, 7],
    ],
    rx1DrDwell: [
      [2, 2, 2, 2, 2, 2, 2, 2],
      [2, 2, 2, 2, 2, 2, 2, 3],
      [2, 2, 2, 2, 2, 2, 3, 4],
      [3, 2, 2, 2, 2, 2, 4, 5],
      [4, 3, 2, 2, 2, 2, 5, 6],
      [5, 4, 3, 2, 2, 2, 6, 7],
      [6, 5, 4, 3, 2, 2, 7, 7],
      [7, 6, 5, 4, 3, 2, 7, 7],
    ],
    downlinkHz,
    /** "< 1 %" for the default channels; countries differ. */
    subBands: [{ fromHz: downlinkHz.fromHz, toHz: downlinkHz.toHz + 1, dutyCyclePercent: 1 }],
    elsewherePercent: 1,
    maxEirpDbm: 16,
    txPowerIndexMax: 7,
    classB: {
      beacon: { frequenciesHz: classBHz, dr: 3, sizeBytes: 17 },
      pingSlot: { frequenciesHz: classBHz, dr: 3 },
    },
    usual: { uplinkDr: 5, multicastDr: 5, gatewayDutyCyclePercent: 10 },
  };
}

export const AS923: readonly Region[] = [
  as923("AS923-1", 0, { fromHz: 915_000_000, toHz: 928_000_000 }),
  as923("AS923-2", 1_800_000, { fromHz: 920_000_000, toHz: 923_000_000 }),
  as923("AS923-3", 6_600_000, { fromHz: 915_000_000, toHz: 921_000_000 }),
  as923("AS923-4", 5_900_000, { fromHz: 917_000_000, toHz: 920_000_000 }),
];
