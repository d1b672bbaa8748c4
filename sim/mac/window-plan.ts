import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { Region } from "#scenarios/regions/region.ts";
import { PHY_OVERHEAD_BYTES, rx1DataRate } from "#sim/air/regional.ts";
import type { Channel, MacSession } from "./nvm.ts";
import type { WindowPlan } from "./radio.ts";

/** The windows after an uplink on that channel at that data rate. */
export function windowsAfter(
  { rx1FrequencyHz }: Pick<Channel, "rx1FrequencyHz">,
  dr: number,
  session: MacSession,
  region: Region,
): WindowPlan {
  return {
    rx1: {
      frequencyHz: rx1FrequencyHz,
      dr: rx1DataRate(region, dr, session.rx1DrOffset, session.dwell),
    },
    rx2: { frequencyHz: session.rx2FrequencyHz, dr: session.rx2Dr },
    rx1DelayUs: session.rxDelayS * 1_000_000,
    // a dwell time binds who sends: a device takes what is longer (RP002-1.0.5 §3.10.6)
    phyBytesMax: (downDr) => PHY_OVERHEAD_BYTES + maxPayloadBytes(region, downDr),
  };
}
