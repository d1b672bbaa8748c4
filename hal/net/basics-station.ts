/**
 * The LNS protocol of LoRa Basics Station (doc.sm.tc/station, "The LNS Protocol"), as a station speaks
 * it: JSON in websocket messages, one each. `xtime` is 64 bits wide: it is read and written as a
 * bigint, never as a number.
 */
import { isInteger, isSafeNumber, parse, stringify } from "lossless-json";
import type { LoraRate, SentAt, UplinkFacts } from "#hal/gateway-port.ts";

/** By data-rate index, as the server's `router_config` has them. Undefined: no LoRa there. */
export type StationRates = readonly (StationRate | undefined)[];

export interface StationRate extends LoraRate {
  readonly isDownlinkOnly: boolean;
}

const MTYPE = { joinRequest: 0, unconfirmedUp: 2, confirmedUp: 4 } as const;
const JOIN_REQUEST_BYTES = 23;
/** MHDR, DevAddr, FCtrl, FCnt. */
const FHDR_END = 8;
const MIC_BYTES = 4;

/** A session of the concentrator: one that takes `xtime` beyond what a double holds, as most do. */
const SESSION = 0x5an << 48n;
const COUNTER_MASK = (1n << 48n) - 1n;

/** `router`: the EUI in four groups of hex digits without leading zeros. */
export function encodeRouterInfo(eui: Uint8Array): string {
  const view = new DataView(eui.buffer, eui.byteOffset, eui.byteLength);
  const groups = [0, 2, 4, 6].map((at) => view.getUint16(at).toString(16));
  return stationText({ router: groups.join(":") });
}

export function encodeVersion(): string {
  return stationText({
    msgtype: "version",
    station: "2.0.6(fuota)",
    firmware: "",
    package: "",
    model: "simulated",
    protocol: 2,
    features: "gps",
  });
}

/**
 * `jreq`, `updf`, or `propdf` for a frame that is neither. `isGpsKnown`: a station that was not told
 * what time it is says 0. Undefined: the server has no such data rate.
 */
export function encodeStationUplink(
  uplink: UplinkFacts,
  rates: StationRates,
  isGpsKnown: boolean,
): string | undefined {
  const { rate, frequencyHz, counterUs, gpsUs, rssiDbm, snrDb, phyPayload } = uplink;
  const dr = rates.findIndex((at) => isRate(at, rate) && at?.isDownlinkOnly === false);
  if (dr < 0) return undefined;
  return stationText({
    ...frameFieldsOf(phyPayload),
    RefTime: 0,
    DR: dr,
    Freq: frequencyHz,
    upinfo: {
      rctx: 0,
      xtime: xtimeOf(counterUs),
      gpstime: isGpsKnown ? Math.floor(gpsUs) : 0,
      fts: -1,
      rssi: rssiDbm,
      snr: snrDb,
      rxtime: 0,
    },
  });
}

/** What a `dnmsg` said, and a `dntxed` says again. */
export interface StationEcho {
  readonly diid: number;
  readonly devEui: string;
  readonly rctx: number;
}

/** Sent when the frame goes on the air. There is no word for a frame that does not. */
export function encodeDnTxed({ diid, devEui, rctx }: StationEcho, sentAt: SentAt): string {
  return stationText({
    msgtype: "dntxed",
    seqno: diid,
    diid,
    DevEui: devEui,
    rctx,
    xtime: xtimeOf(sentAt.counterUs),
    txtime: 0,
    gpstime: Math.floor(sentAt.gpsUs),
  });
}

/** `txtimeUs` by any clock of the station; the answer has it again. */
export function encodeTimeSync(txtimeUs: number): string {
  return stationText({ msgtype: "timesync", txtime: Math.floor(txtimeUs) });
}

function xtimeOf(counterUs: number): bigint {
  return SESSION | (BigInt(Math.floor(counterUs)) & COUNTER_MASK);
}

export function isRate(at: StationRate | undefined, { sf, bandwidthHz }: LoraRate): boolean {
  return at?.sf === sf && at.bandwidthHz === bandwidthHz;
}

function frameFieldsOf(phy: Uint8Array): object {
  const view = new DataView(phy.buffer, phy.byteOffset, phy.byteLength);
  const mhdr = phy[0] ?? 0;
  const mType = mhdr >> 5;
  const isData = mType === MTYPE.unconfirmedUp || mType === MTYPE.confirmedUp;
  if (mType === MTYPE.joinRequest && phy.length === JOIN_REQUEST_BYTES) {
    return {
      msgtype: "jreq",
      MHdr: mhdr,
      JoinEui: euiOf(phy.subarray(1, 9)),
      DevEui: euiOf(phy.subarray(9, 17)),
      DevNonce: view.getUint16(17, true),
      MIC: view.getInt32(19, true),
    };
  }
  const end = phy.length - MIC_BYTES;
  const fOptsEnd = FHDR_END + ((phy[5] ?? 0) & 0x0f);
  if (!isData || end < fOptsEnd) return { msgtype: "propdf", FRMPayload: hexOf(phy) };
  return {
    msgtype: "updf",
    MHdr: mhdr,
    DevAddr: view.getInt32(1, true),
    FCtrl: phy[5],
    FCnt: view.getUint16(6, true),
    FOpts: hexOf(phy.subarray(FHDR_END, fOptsEnd)),
    FPort: fOptsEnd < end ? phy[fOptsEnd] : -1,
    FRMPayload: hexOf(phy.subarray(Math.min(fOptsEnd + 1, end), end)),
    MIC: view.getInt32(end, true),
  };
}

function euiOf(littleEndian: Uint8Array): string {
  const digits = [...littleEndian.toReversed()].map((byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("-");
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** JSON in which a bigint is a number. */
export function stationText(message: object): string {
  return stringify(message) ?? "";
}

/** Whole numbers that no double holds come as bigints. Undefined: no JSON object. */
export function parsedMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  const numberOf = (digits: string) =>
    isInteger(digits) && !isSafeNumber(digits) ? BigInt(digits) : Number(digits);
  try {
    const value: unknown = parse(text, undefined, numberOf);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
