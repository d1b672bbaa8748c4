import type { LorawanRevision } from "#scenarios/lorawan.ts";
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { RegionalRevision } from "#scenarios/regions/region.ts";
import type { MacConfig } from "./mac-parts.ts";
import type { MacSession } from "./nvm.ts";

/** In what the link layers differ for a device, beside keys and MIC. */
interface Traits {
  /** Drawn (1.0.3 §6.2.4), or counted from 0 and never used twice (1.0.4, 1.1: Join-Request). */
  readonly devNonce: "drawn" | "counted";
  /** JoinNonce has to rise; before, only an outright repeat shows a replay. */
  readonly risingJoinNonce: boolean;
  /** What ends the repeats of a confirmed uplink: an ACK (1.0.2 §18.4), or any downlink and NbTrans (1.0.4, LinkADRReq). */
  readonly confirmedBy: "nbTrans" | "ack";
  /** MAX_FCNT_GAP: a downlink is ahead of the last one by less than so much (1.0.3 §4.3.1.5). */
  readonly fCntGapMax: number;
  /** Decides the longest payload. */
  readonly parameters: RegionalRevision;
}

const OLD = {
  devNonce: "drawn",
  risingJoinNonce: false,
  confirmedBy: "ack",
  fCntGapMax: 16_384,
  parameters: "1.0.3",
} as const satisfies Traits;

const NEW = {
  devNonce: "counted",
  risingJoinNonce: true,
  confirmedBy: "nbTrans",
  fCntGapMax: Number.POSITIVE_INFINITY,
  parameters: "RP002-1.0.2",
} as const satisfies Traits;

export const TRAITS: Readonly<Record<LorawanRevision, Traits>> = {
  "1.0": { ...OLD, devNonce: "counted", fCntGapMax: Number.POSITIVE_INFINITY },
  "1.0.2": OLD,
  "1.0.3": OLD,
  "1.0.4": NEW,
  "1.1": { ...NEW, parameters: "1.0.3" },
};

/** Longest application payload of an uplink without FOpts. */
export function roomBytes(
  { lorawan, regional }: Pick<MacConfig, "lorawan" | "regional">,
  { dr, dwell }: MacSession,
): number {
  const { parameters } = TRAITS[lorawan];
  return maxPayloadBytes(regional.region, dr, { dwell: dwell.uplink, revision: parameters });
}
