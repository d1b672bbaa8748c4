import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { FixedPlan, Region, RegionalSetting } from "#scenarios/regions/region.ts";
import { isUplinkDr } from "#sim/air/regional.ts";
import type { MacAnswers } from "./mac-answers.ts";
import type { MacDownlink } from "./mac-commands.wire.ts";
import type { MacSession } from "./nvm.ts";

export type LinkADRReq = Extract<MacDownlink, { name: "LinkADRReq" }>;

/** "Keep what you have" in LinkADRReq. */
const UNCHANGED = 15;

type Mask = readonly boolean[];

/** A run of LinkADRReq is one request: all of it or nothing, answered once per command. */
export function adaptLink(
  block: readonly LinkADRReq[],
  session: MacSession,
  answers: MacAnswers,
  { region }: RegionalSetting,
): void {
  const last = block.at(-1);
  if (last === undefined) return;
  const mask = block.reduce<Mask | undefined>(
    (current, command) => current && maskedBy(command, current, session, region),
    session.channels.map((channel) => channel?.enabled === true),
  );
  const { dataRate, txPower } = last.link;
  const dr = dataRate === UNCHANGED ? session.dr : dataRate;
  const carriesDr = session.channels.some(
    (channel, index) =>
      channel !== undefined && mask?.[index] === true && channel.drMin <= dr && dr <= channel.drMax,
  );
  const channelMaskAck = mask?.includes(true) === true && hopsEnough(mask, dr, region);
  const dataRateAck = isUplinkDr(region, dr) && carriesDr && hasRoom(region, dr, session);
  const powerAck = txPower === UNCHANGED || txPower <= region.txPowerIndexMax;
  if (mask !== undefined && channelMaskAck && dataRateAck && powerAck) {
    session.dr = dr;
    if (txPower !== UNCHANGED) session.txPower = txPower;
    session.nbTrans = Math.max(last.redundancy.nbTrans, 1);
    for (const [index, channel] of session.channels.entries()) {
      if (channel === undefined) continue;
      session.channels[index] = { ...channel, enabled: mask[index] === true };
    }
  }
  const status = { channelMaskAck, dataRateAck, powerAck };
  for (const _ of block) answers.say({ name: "LinkADRAns", status });
}

/** FCC 15.247 wants hopping at 125 kHz; LoRaMac-node refuses to stay on one channel. */
function hopsEnough(mask: Mask, dr: number, { plan }: Region): boolean {
  if (plan.type === "dynamic" || dr >= plan.hopBelowDr) return true;
  const narrow = mask.slice(0, plan.groups[0]?.count ?? 0);
  return narrow.filter((isOn) => isOn).length >= 2;
}

/** A dwell time leaves some data rates no room for a frame. */
function hasRoom(region: Region, dr: number, { dwell }: MacSession): boolean {
  return maxPayloadBytes(region, dr, { dwell: dwell.uplink }) > 0;
}

/** Undefined: the mask names a channel that does not exist, or ChMaskCntl is reserved. */
function maskedBy(
  { chMask, redundancy }: LinkADRReq,
  current: Mask,
  session: MacSession,
  { plan }: Region,
): Mask | undefined {
  const { chMaskCntl } = redundancy;
  if (plan.type === "fixed") return maskedFixed(chMask, chMaskCntl, current, plan);
  if (chMaskCntl === 6) return current.map((_, at) => session.channels[at] !== undefined);
  if (chMaskCntl !== 0) return undefined;
  for (let index = 0; index < 16; index++) {
    const wanted = bit(chMask, index);
    if (wanted && session.channels[index] === undefined) return undefined;
  }
  return current.map((_, index) => bit(chMask, index));
}

/**
 * Sixteen channels by ChMaskCntl. With 500 kHz channels (US915, AU915: RP002 §2.5.5, §2.8.5): 5 has
 * a bit for each sub-band; 6 and 7 turn the 125 kHz channels on or off, and the mask is for the wide
 * ones. Without (CN470: RP 1.0.3 §2.7.5): 6 turns everything on.
 */
function maskedFixed(
  chMask: number,
  chMaskCntl: number,
  current: Mask,
  { groups }: FixedPlan,
): Mask | undefined {
  const narrow = groups[0]?.count ?? 0;
  const isWide = (index: number) => index >= narrow;
  const hasWide = groups.length > 1;
  if (16 * chMaskCntl < current.length) {
    const first = 16 * chMaskCntl;
    return current.map((isOn, index) =>
      index >= first && index < first + 16 ? bit(chMask, index - first) : isOn,
    );
  }
  if (chMaskCntl === 6 && !hasWide) return current.map(() => true);
  if (!hasWide || chMaskCntl > 7) return undefined;
  return current.map((_, index) => {
    if (isWide(index)) return bit(chMask, index - narrow);
    return chMaskCntl === 5 ? bit(chMask, index >> 3) : chMaskCntl === 6;
  });
}

function bit(mask: number, index: number): boolean {
  return ((mask >> index) & 1) === 1;
}
