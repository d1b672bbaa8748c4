import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import { openFOpts, openPayload } from "#sim/mac/data-security.ts";
import { type DataFrame, FOPTS_MAX_BYTES } from "#sim/mac/frame.ts";
import {
  CLASS_C,
  type MacDownlink,
  type MacUplink,
  macDownlink,
  macUplink,
} from "#sim/mac/mac-commands.wire.ts";
import type { ServerSession } from "./server-device.ts";

const LINK_MARGIN_DB = 20;
const LORAWAN_1_1_MINOR = 1;

/**
 * Answers the MAC commands of an uplink, in its FOpts or on port 0, as FOpts of the downlink in
 * clear. What does not fit is left out.
 */
export function answerMacCommands(
  frame: DataFrame,
  fCnt: number,
  session: ServerSession,
  gpsUs: number,
  crypto: Crypto,
): Uint8Array {
  const open = frame.fPort === 0 ? openPayload : openFOpts;
  const fOpts: number[] = [];
  for (const decoded of macUplink.decode(open(frame, fCnt, session.keys, crypto))) {
    if (!decoded.ok) break;
    const answer = answerTo(decoded.command, session, gpsUs);
    if (answer === undefined) continue;
    const bytes = macDownlink.encode(answer);
    if (fOpts.length + bytes.length > FOPTS_MAX_BYTES) break;
    fOpts.push(...bytes);
  }
  return Uint8Array.from(fOpts);
}

function answerTo(
  command: MacUplink,
  session: ServerSession,
  gpsUs: number,
): MacDownlink | undefined {
  switch (command.name) {
    case "LinkCheckReq":
      return { name: "LinkCheckAns", marginDb: LINK_MARGIN_DB, gatewayCount: 1 };
    case "ResetInd":
      return { name: "ResetConf", serverVersion: { minor: LORAWAN_1_1_MINOR } };
    case "RekeyInd":
      return { name: "RekeyConf", serverVersion: { minor: LORAWAN_1_1_MINOR } };
    case "DeviceModeInd":
      session.isClassC = command.deviceClass === CLASS_C;
      return { name: "DeviceModeConf", deviceClass: command.deviceClass };
    case "PingSlotInfoReq":
      session.pingPeriodicity = command.slots.periodicity;
      return { name: "PingSlotInfoAns" };
    case "DeviceTimeReq": {
      const gps: GpsSeconds = Math.floor(gpsUs / 1e6) % 2 ** 32;
      return { name: "DeviceTimeAns", gps, fraction: Math.floor(((gpsUs % 1e6) * 256) / 1e6) };
    }
    default:
      return undefined;
  }
}
