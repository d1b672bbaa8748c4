/** What the modem keeps over a reset. Plain data: it can be cloned, compared and stored. */
import {
  CHANNELS_MAX,
  DEFAULT_CHANNEL_DR_MAX,
  DEFAULT_CHANNELS_HZ,
  isUplinkFrequency,
  RX2_FREQUENCY_HZ,
} from "#sim/air/eu868.ts";
import type { JoinAccept } from "./join.ts";
import { getUint24, type SessionKeys } from "./session-keys.ts";

export interface Channel {
  readonly frequencyHz: number;
  /** Where RX1 listens; the uplink's frequency until DlChannelReq moves it. */
  readonly rx1FrequencyHz: number;
  readonly drMin: number;
  readonly drMax: number;
  /** By the channel mask of LinkADRReq. */
  readonly enabled: boolean;
}

export interface MacSession {
  readonly devAddr: number;
  readonly keys: SessionKeys;
  /** Counter of the next uplink. */
  fCntUp: number;
  /** Lowest counters still acceptable. A 1.0 session counts all downlinks in the first. */
  nFCntDown: number;
  aFCntDown: number;
  rx1DrOffset: number;
  rx2Dr: number;
  rx2FrequencyHz: number;
  rxDelayS: number;
  dr: number;
  txPower: number;
  nbTrans: number;
  /** Aggregated duty cycle of 1 / 2^n over all channels (DutyCycleReq). */
  maxDutyCycle: number;
  /** By channel index; the first three are the defaults. */
  readonly channels: (Channel | undefined)[];
  /** 1.1: RekeyInd goes out until RekeyConf comes in. */
  rekeyPending: boolean;
}

export interface MacNvm {
  /** Counter of the next join request. */
  devNonce: number;
  /** JoinNonce of the last accept taken; -1 before the first. */
  joinNonce: number;
  session: MacSession | undefined;
}

export function channelAt(frequencyHz: number, drMin = 0, drMax = DEFAULT_CHANNEL_DR_MAX): Channel {
  return { frequencyHz, rx1FrequencyHz: frequencyHz, drMin, drMax, enabled: true };
}

export const DEFAULT_CHANNELS: readonly Channel[] = DEFAULT_CHANNELS_HZ.map((hz) => channelAt(hz));

/** The session that a join accept opens. */
export function sessionOf(accept: JoinAccept, keys: SessionKeys, dr: number): MacSession {
  return {
    devAddr: accept.devAddr,
    keys,
    fCntUp: 0,
    nFCntDown: 0,
    aFCntDown: 0,
    rx1DrOffset: accept.rx1DrOffset,
    rx2Dr: accept.rx2Dr,
    rx2FrequencyHz: RX2_FREQUENCY_HZ,
    rxDelayS: Math.max(accept.rxDelayS, 1),
    dr,
    txPower: 0,
    nbTrans: 1,
    maxDutyCycle: 0,
    channels: [...DEFAULT_CHANNELS, ...channelsOf(accept.cfList)],
    rekeyPending: keys.lorawan === "1.1",
  };
}

/** Channels 3 to 7 of a CFList of type 0. */
function channelsOf(cfList: Uint8Array | undefined): (Channel | undefined)[] {
  if (cfList === undefined || cfList[15] !== 0) return [];
  return [0, 3, 6, 9, 12].map((at) => {
    const frequencyHz = 100 * getUint24(cfList, at);
    return isUplinkFrequency(frequencyHz) ? channelAt(frequencyHz) : undefined;
  });
}

/** Enabled channels that carry this data rate; the defaults when a server has left none. */
export function usableChannels(session: MacSession, dr: number): readonly Channel[] {
  const carries = (channel: Channel | undefined): channel is Channel =>
    channel?.enabled === true && channel.drMin <= dr && dr <= channel.drMax;
  const usable = session.channels.filter(carries);
  return usable.length > 0 ? usable : DEFAULT_CHANNELS;
}

export function isChannelIndex(index: number): boolean {
  return index >= 0 && index < CHANNELS_MAX;
}
