/**
 * LoRaTap, versions 0 and 1 (github.com/eriknl/LoRaTap, README): what a gateway knows of a frame,
 * before its PHYPayload. A reader of version 0 should skip by the length what version 1 has beyond;
 * Wireshark does since 4.2.
 */
import type { LoraRate } from "#hal/gateway-port.ts";
import { bytesOf, encodeFields, type Field } from "./big-endian.ts";

export interface CapturedFrame {
  readonly direction: "up" | "down";
  /** EUI-64 of the gateway, in hex. */
  readonly gatewayId: string;
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly rate: LoraRate;
  /** The gateway's counter: at the end of an uplink, at the start of a downlink. */
  readonly counterUs: number;
  /** GPS time then. */
  readonly gpsUs: number;
  /** Undefined for a downlink: nobody has measured it. */
  readonly signal: { readonly rssiDbm: number; readonly snrDb: number } | undefined;
}

export type LoratapVersion = 0 | 1;

type Name = (typeof HEADER_1)[number][0];

const HEADER_0 = [
  ["version", 1],
  ["padding", 1],
  ["length", 2],
  ["frequencyHz", 4],
  ["bandwidth", 1],
  ["sf", 1],
  ["packetRssi", 1],
  ["maxRssi", 1],
  ["currentRssi", 1],
  ["snr", 1],
  ["syncWord", 1],
] as const satisfies readonly Field<string>[];

const HEADER_1 = [
  ...HEADER_0,
  ["sourceGateway", 8],
  ["timestamp", 4],
  ["flags", 1],
  ["codingRate", 1],
  ["fskDatarate", 2],
  ["ifChannel", 1],
  ["rfChain", 1],
  ["tag", 2],
] as const satisfies readonly Field<string>[];

const HEADERS: Readonly<Record<LoratapVersion, readonly Field<Name>[]>> = {
  0: HEADER_0,
  1: HEADER_1,
};
const LORAWAN_SYNC_WORD = 0x34;
const CODING_RATE_4_5 = 5;
const NOT_AVAILABLE = 255;
const BANDWIDTH_STEP_HZ = 125_000;
const RSSI_ZERO_DBM = -139;
const COUNTER_MASK = 0xffff_ffff;
const FLAGS = { iqInverted: 0x02, crcOk: 0x08, noCrc: 0x20 } as const;

/** Downlinks have their chirps inverted and no payload CRC (TS001 §4). */
const FLAGS_OF = {
  up: FLAGS.crcOk,
  down: FLAGS.iqInverted | FLAGS.noCrc,
} as const satisfies Record<CapturedFrame["direction"], number>;

export function loratapHeader(frame: CapturedFrame, version: LoratapVersion): Uint8Array {
  const { direction, gatewayId, frequencyHz, rate, counterUs, signal } = frame;
  const header = HEADERS[version];
  const values: Record<Name, bigint | number> = {
    version,
    padding: 0,
    length: bytesOf(header),
    frequencyHz,
    bandwidth: within(0, Math.round(rate.bandwidthHz / BANDWIDTH_STEP_HZ), 255),
    sf: rate.sf,
    packetRssi: signal === undefined ? NOT_AVAILABLE : packetRssiOf(signal),
    maxRssi: NOT_AVAILABLE,
    currentRssi: NOT_AVAILABLE,
    snr: signal === undefined ? 0 : within(-128, Math.round(4 * signal.snrDb), 127) & 0xff,
    syncWord: LORAWAN_SYNC_WORD,
    sourceGateway: BigInt(`0x${gatewayId}`),
    timestamp: BigInt(counterUs) & BigInt(COUNTER_MASK),
    flags: FLAGS_OF[direction],
    codingRate: CODING_RATE_4_5,
    fskDatarate: 0,
    ifChannel: 0,
    rfChain: 0,
    tag: 0,
  };
  return encodeFields(header, values);
}

/** Below the noise in quarters of a dB. */
function packetRssiOf({ rssiDbm, snrDb }: NonNullable<CapturedFrame["signal"]>): number {
  const aboveDb = rssiDbm - RSSI_ZERO_DBM;
  return within(0, Math.round(snrDb >= 0 ? aboveDb : 4 * aboveDb), NOT_AVAILABLE - 1);
}

function within(min: number, value: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
