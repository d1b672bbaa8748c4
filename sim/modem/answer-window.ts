import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";

const RX2_AFTER_RX1_US = 1_000_000;
/** How far from its time an answer may begin. */
const TOLERANCE_US = 20_000;

/** The window of class A that a downlink came in; undefined: none, it is one of class C. */
export function answerWindow(
  downlink: AirDownlink,
  uplink: AirUplink | undefined,
  rxDelayS: number,
): "1" | "2" | undefined {
  if (uplink === undefined) return undefined;
  const sinceRx1Us = downlink.startUs - uplink.endUs - rxDelayS * 1_000_000;
  if (Math.abs(sinceRx1Us) <= TOLERANCE_US) return "1";
  return Math.abs(sinceRx1Us - RX2_AFTER_RX1_US) <= TOLERANCE_US ? "2" : undefined;
}
