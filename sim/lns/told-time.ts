import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import { macDownlink } from "#sim/mac/mac-commands.wire.ts";
import type { SeenDownlink } from "#sim/server/witness.ts";

const APP_TIME_ANS = 0x01;

/** By TS003, or by LoRaWAN itself. */
export function tellsTime({ fPort, payload, fOpts }: SeenDownlink): boolean {
  if (fPort === CLOCK_SYNC_PORT && payload[0] === APP_TIME_ANS) return true;
  return macDownlink
    .decode(fOpts)
    .some((decoded) => decoded.ok && decoded.command.name === "DeviceTimeAns");
}
