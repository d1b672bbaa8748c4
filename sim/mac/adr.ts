/** Adaptive data rate, the device's part (TS001 1.0.4 §4.3.1.1 with table 9; 1.1 §4.3.1.1). */
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { Region, RegionalSetting } from "#scenarios/regions/region.ts";
import { plannedChannels } from "#sim/air/channels.ts";
import { isUplinkDr } from "#sim/air/regional.ts";
import type { Channel, MacSession } from "./nvm.ts";

/** Exponents of ADR_ACK_LIMIT and ADR_ACK_DELAY until ADRParamSetupReq says otherwise. */
export const ADR_ACK_LIMIT_EXP = 6;
export const ADR_ACK_DELAY_EXP = 5;

/** ADRACKReq of the next uplink: nothing was heard for long, and there is something left to try. */
export function asksForDownlink(session: MacSession, setting: RegionalSetting): boolean {
  return session.adrAckCnt >= 2 ** session.adrAckLimitExp && !isAtDefaults(session, setting);
}

/** To be called when an uplink was sent and nothing came back. */
export function backOff(session: MacSession, setting: RegionalSetting): void {
  const limit = 2 ** session.adrAckLimitExp;
  const delay = 2 ** session.adrAckDelayExp;
  const beyond = session.adrAckCnt - limit;
  if (beyond < delay || beyond % delay !== 0) return;
  if (session.txPower !== 0) {
    session.txPower = 0;
    return;
  }
  const lower = lowerDr(session, setting.region);
  if (lower !== undefined) {
    session.dr = lower;
    return;
  }
  session.nbTrans = 1;
  for (const [index, { enabled, ...channel }] of defaultsOf(setting).entries()) {
    const own = session.channels[index];
    if (own === undefined) session.channels[index] = { ...channel, enabled };
    else if (!own.enabled) session.channels[index] = { ...own, enabled };
  }
}

function isAtDefaults(session: MacSession, setting: RegionalSetting): boolean {
  const { txPower, nbTrans, channels } = session;
  if (txPower !== 0 || nbTrans !== 1 || lowerDr(session, setting.region) !== undefined)
    return false;
  return defaultsOf(setting).every((_, index) => channels[index]?.enabled === true);
}

/** A fixed plan has all of its channels, whatever the sub-band of the device was. */
function defaultsOf({ region }: RegionalSetting): readonly Channel[] {
  return plannedChannels(region).map((channel) => ({ ...channel, enabled: true }));
}

/** The next data rate down that a channel carries and that has room for a frame. */
function lowerDr({ dr, channels, dwell }: MacSession, region: Region): number | undefined {
  for (let lower = dr - 1; lower >= 0; lower--) {
    if (!isUplinkDr(region, lower)) continue;
    if (maxPayloadBytes(region, lower, { dwell: dwell.uplink }) === 0) continue;
    const isCarried = channels.some(
      (channel) => channel !== undefined && channel.drMin <= lower && lower <= channel.drMax,
    );
    if (isCarried) return lower;
  }
  return undefined;
}
