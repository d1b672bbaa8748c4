/** What a device asks of the network, and what it is told. */
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { MacDownlink } from "./mac-commands.wire.ts";

/** Each n-th uplink asks for an ACK, a LinkCheckAns, a DeviceTimeAns. Left out: none does. */
export interface AsksEvery {
  readonly ack?: number;
  readonly linkCheck?: number;
  readonly deviceTime?: number;
}

export type NetworkAnswer = Extract<MacDownlink, { name: "LinkCheckAns" | "DeviceTimeAns" }>;

/** For whoever watches: the agent keeps its clock by TS003. */
export type NetworkWord =
  | { readonly type: "linkCheck"; readonly marginDb: number; readonly gatewayCount: number }
  /** GPS time of the end of the uplink that asked, which was at `sentUs`. */
  | { readonly type: "deviceTime"; readonly gpsUs: number; readonly sentUs: WorldUs };

/** Whether the uplink with this counter is one of every so many. */
export function isDue(every: number | undefined, fCntUp: number): boolean {
  return every !== undefined && (fCntUp + 1) % every === 0;
}

/** `sentUs`: end of the last uplink. */
export function wordOf(answer: NetworkAnswer, sentUs: WorldUs): NetworkWord {
  if (answer.name === "LinkCheckAns") {
    const { marginDb, gatewayCount } = answer;
    return { type: "linkCheck", marginDb, gatewayCount };
  }
  const gpsUs = answer.gps * 1e6 + Math.round((answer.fraction * 1e6) / 256);
  return { type: "deviceTime", gpsUs, sentUs };
}
