import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import { openFOpts } from "#sim/mac/data-security.ts";
import type { DataFrame } from "#sim/mac/frame.ts";
import { type MacDownlink, macDownlink, macUplink } from "#sim/mac/mac-commands.wire.ts";
import type { ServerSession } from "./server-device.ts";

const LINK_MARGIN_DB = 20;
const LORAWAN_1_1_MINOR = 1;

/** Answers the MAC commands in the FOpts of an uplink; as FOpts of the downlink, in clear. */
export function answerMacCommands(
  frame: DataFrame,
  fCnt: number,
  session: ServerSession,
  gpsUs: number,
  crypto: Crypto,
): Uint8Array {
  if (frame.fOpts.length === 0) return new Uint8Array(0);
  const answers: Uint8Array[] = [];
  for (const decoded of macUplink.decode(openFOpts(frame, fCnt, session.keys, crypto))) {
    if (!decoded.ok) break;
    const answer = answerTo(decoded.command.name, gpsUs);
    if (answer !== undefined) answers.push(macDownlink.encode(answer));
  }
  const bytes = new Uint8Array(answers.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const answer of answers) {
    bytes.set(answer, at);
    at += answer.length;
  }
  return bytes.subarray(0, FOPTS_ANSWERS_MAX_BYTES);
}

/** LinkCheckAns, RekeyConf and DeviceTimeAns together are shorter. */
const FOPTS_ANSWERS_MAX_BYTES = 15;

function answerTo(name: string, gpsUs: number): MacDownlink | undefined {
  switch (name) {
    case "LinkCheckReq":
      return { name: "LinkCheckAns", marginDb: LINK_MARGIN_DB, gatewayCount: 1 };
    case "RekeyInd":
      return { name: "RekeyConf", serverVersion: { minor: LORAWAN_1_1_MINOR } };
    case "DeviceTimeReq": {
      const gps: GpsSeconds = Math.floor(gpsUs / 1e6) % 2 ** 32;
      return { name: "DeviceTimeAns", gps, fraction: Math.floor(((gpsUs % 1e6) * 256) / 1e6) };
    }
    default:
      return undefined;
  }
}
