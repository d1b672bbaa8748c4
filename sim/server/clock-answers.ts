import { clockSyncDownlink, clockSyncUplink } from "#agent/packages/clock-sync.wire.ts";

const I32_MAX = 0x7fff_ffff;
const I32_MIN = -0x8000_0000;

/**
 * TS003 as ChirpStack v4 does it: an AppTimeReq is answered when the device insists, or when its
 * clock is off by a whole second. A correction that does not fit saturates. `gpsUs` is GPS time
 * modulo 2^32 s: the fraction counts, or a clock that is fast by less than a second would be set
 * back by one.
 */
export function answerClockSync(payload: Uint8Array, gpsUs: number): Uint8Array | undefined {
  const decoded = clockSyncUplink.decode(payload);
  const [first] = decoded;
  if (decoded.length !== 1 || first?.ok !== true) return undefined;
  const { command } = first;
  if (command.name !== "AppTimeReq") return undefined;
  const correction = Math.trunc((gpsUs - command.deviceTime * 1e6) / 1e6);
  if (correction === 0 && !command.param.ansRequired) return undefined;
  return clockSyncDownlink.encode({
    name: "AppTimeAns",
    timeCorrection: Math.min(Math.max(correction, I32_MIN), I32_MAX),
    param: { tokenAns: command.param.tokenReq },
  });
}
