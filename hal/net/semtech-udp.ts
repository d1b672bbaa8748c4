/**
 * The Semtech UDP packet forwarder protocol, version 2 (Lora-net/packet_forwarder, PROTOCOL.TXT), as
 * a gateway speaks it. A datagram is version, two bytes of token, identifier, then the gateway's EUI
 * in what a gateway sends, then JSON.
 */
import {
  COUNTER_PERIOD_US,
  type DownlinkItemFacts,
  type DownlinkTiming,
  type LoraRate,
  type StatsFacts,
  type TxAckName,
  type UplinkFacts,
} from "#hal/gateway-port.ts";
import { utcSecondsOf } from "./gps-time.ts";

const VERSION = 2;
const HEADER_BYTES = 4;
const PUSH_DATA = 0;
const PUSH_ACK = 1;
const PULL_DATA = 2;
const PULL_RESP = 3;
const PULL_ACK = 4;
const TX_ACK = 5;

/** A forwarder reads no more at once. */
const DATAGRAM_BYTES_MAX = 1000;

/** Two bytes, to be sent back as they came. */
export type UdpToken = number;

export type FromUdpServer =
  | { readonly type: "pushAck"; readonly token: UdpToken }
  | { readonly type: "pullAck"; readonly token: UdpToken }
  /** `item` undefined: it says nothing that can be sent. */
  | {
      readonly type: "pullResp";
      readonly token: UdpToken;
      readonly item: DownlinkItemFacts | undefined;
    };

const ERROR: Readonly<Record<TxAckName, string>> = {
  ok: "NONE",
  ignored: "NONE",
  tooLate: "TOO_LATE",
  collision: "COLLISION_PACKET",
  frequency: "TX_FREQ",
  noGpsTime: "GPS_UNLOCKED",
  // Not in the protocol; servers take these names too.
  queueFull: "QUEUE_FULL",
  dutyCycle: "DUTY_CYCLE_OVERFLOW",
};

/** PUSH_DATA with one `rxpk`. */
export function encodeUdpUplink(eui: Uint8Array, token: UdpToken, uplink: UplinkFacts): Uint8Array {
  const { phyPayload, frequencyHz, rate, counterUs, gpsUs, rssiDbm, snrDb } = uplink;
  const rxpk = {
    tmst: counterUs % COUNTER_PERIOD_US,
    time: new Date(utcSecondsOf(0) * 1000 + gpsUs / 1000).toISOString(),
    tmms: Math.floor(gpsUs / 1000),
    chan: 0,
    rfch: 0,
    freq: frequencyHz / 1e6,
    stat: 1,
    modu: "LORA",
    datr: `SF${rate.sf}BW${rate.bandwidthHz / 1000}`,
    codr: "4/5",
    rssi: rssiDbm,
    lsnr: snrDb,
    size: phyPayload.length,
    data: Buffer.from(phyPayload).toString("base64"),
  };
  return datagram(PUSH_DATA, token, eui, { rxpk: [rxpk] });
}

/** PUSH_DATA with a `stat`. */
export function encodeUdpStats(eui: Uint8Array, token: UdpToken, stats: StatsFacts): Uint8Array {
  const { gpsUs, received, asked, emitted } = stats;
  const utc = new Date(utcSecondsOf(Math.floor(gpsUs / 1e6)) * 1000).toISOString();
  const stat = {
    time: `${utc.slice(0, 10)} ${utc.slice(11, 19)} GMT`,
    rxnb: received,
    rxok: received,
    rxfw: received,
    ackr: 100,
    dwnb: asked,
    txnb: emitted,
  };
  return datagram(PUSH_DATA, token, eui, { stat });
}

/** PULL_DATA: from where it comes, downlinks go. */
export function encodeUdpPull(eui: Uint8Array, token: UdpToken): Uint8Array {
  return datagram(PULL_DATA, token, eui);
}

export function encodeUdpTxAck(eui: Uint8Array, token: UdpToken, status: TxAckName): Uint8Array {
  return datagram(TX_ACK, token, eui, { txpk_ack: { error: ERROR[status] } });
}

function datagram(id: number, token: UdpToken, eui: Uint8Array, body?: object): Uint8Array {
  const header = Uint8Array.of(VERSION, token >>> 8, token, id);
  const json = body === undefined ? "" : JSON.stringify(body);
  return new Uint8Array(Buffer.concat([header, eui, Buffer.from(json)]));
}

/** Undefined for what no server sends. */
export function decodeFromUdpServer(bytes: Uint8Array): FromUdpServer | undefined {
  const [version, high = 0, low = 0, id] = bytes;
  if (bytes.length < HEADER_BYTES || bytes.length > DATAGRAM_BYTES_MAX) return undefined;
  if (version !== VERSION) return undefined;
  const token = (high << 8) | low;
  if (id === PUSH_ACK) return { type: "pushAck", token };
  if (id === PULL_ACK) return { type: "pullAck", token };
  if (id !== PULL_RESP) return undefined;
  return { type: "pullResp", token, item: itemIn(bytes.subarray(HEADER_BYTES)) };
}

function itemIn(json: Uint8Array): DownlinkItemFacts | undefined {
  const txpk = objectOf(parsed(json))?.["txpk"];
  const fields = objectOf(txpk);
  if (fields === undefined) return undefined;
  const { freq, data, modu, datr, size } = fields;
  const timing = timingOf(fields);
  if (timing === undefined || typeof freq !== "number" || typeof data !== "string")
    return undefined;
  const phyPayload = new Uint8Array(Buffer.from(data, "base64"));
  const frequencyHz = Math.round(freq * 1e6);
  if (phyPayload.length !== size || !(frequencyHz > 0)) return undefined;
  return { phyPayload, frequencyHz, rate: modu === "LORA" ? rateOf(datr) : undefined, timing };
}

function timingOf({ imme, tmst, tmms }: Fields): DownlinkTiming | undefined {
  if (imme === true) return { type: "immediately" };
  if (isWhole(tmst) && tmst < COUNTER_PERIOD_US) return { type: "counter", counter: tmst };
  return isWhole(tmms) ? { type: "gps", gpsUs: tmms * 1000 } : undefined;
}

function rateOf(datr: unknown): LoraRate | undefined {
  const [, sf, kHz] = /^SF(\d{1,2})BW(\d{3})$/.exec(typeof datr === "string" ? datr : "") ?? [];
  return sf === undefined ? undefined : { sf: Number(sf), bandwidthHz: Number(kHz) * 1000 };
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString());
  } catch {
    return undefined;
  }
}
