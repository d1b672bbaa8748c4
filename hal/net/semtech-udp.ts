/**
 * The Semtech UDP packet forwarder protocol, version 2 (Lora-net/packet_forwarder, PROTOCOL.TXT), as
 * a gateway speaks it. A datagram is version, two bytes of token, identifier, then the gateway's EUI
 * in what a gateway sends, then JSON.
 */
import {
  COUNTER_PERIOD_US,
  type DownlinkItemFacts,
  type DownlinkTiming,
  type GatewayLocation,
  type LoraRate,
  type StatsFacts,
  type TxAckName,
  type UplinkFacts,
} from "#hal/gateway-port.ts";
import { utcSecondsOf } from "./gps-time.ts";
import { type Fields, fieldsOf, isNumber, isWhole, parsedJson } from "./json-fields.ts";

const VERSION = 2;
const HEADER_BYTES = 4;
/** By identifier. */
const MESSAGES = ["pushData", "pushAck", "pullData", "pullResp", "pullAck", "txAck"] as const;
type MessageName = (typeof MESSAGES)[number];

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
    datr: datrOf(rate),
    codr: "4/5",
    rssi: rssiDbm,
    lsnr: snrDb,
    size: phyPayload.length,
    data: Buffer.from(phyPayload).toString("base64"),
  };
  return udpDatagram("pushData", token, eui, jsonOf({ rxpk: [rxpk] }));
}

/** PUSH_DATA with a `stat`. */
export function encodeUdpStats(eui: Uint8Array, token: UdpToken, stats: StatsFacts): Uint8Array {
  const { gpsUs, received, asked, emitted, location } = stats;
  const utc = new Date(utcSecondsOf(Math.floor(gpsUs / 1e6)) * 1000).toISOString();
  const stat = {
    time: `${utc.slice(0, 10)} ${utc.slice(11, 19)} GMT`,
    ...(location === undefined ? {} : locationFields(location)),
    rxnb: received,
    rxok: received,
    rxfw: received,
    ackr: 100,
    dwnb: asked,
    txnb: emitted,
  };
  return udpDatagram("pushData", token, eui, jsonOf({ stat }));
}

/** Whole metres: the protocol has no others. */
function locationFields({ latitude, longitude, altitudeM }: GatewayLocation): object {
  return { lati: latitude, long: longitude, alti: Math.round(altitudeM) };
}

/** PULL_DATA: from where it comes, downlinks go. */
export function encodeUdpPull(eui: Uint8Array, token: UdpToken): Uint8Array {
  return udpDatagram("pullData", token, eui);
}

export function encodeUdpTxAck(eui: Uint8Array, token: UdpToken, status: TxAckName): Uint8Array {
  return udpDatagram("txAck", token, eui, jsonOf({ txpk_ack: { error: ERROR[status] } }));
}

/** What is behind the header: an EUI, JSON, or both. */
export function udpDatagram(
  name: MessageName,
  token: UdpToken,
  ...rest: readonly Uint8Array[]
): Uint8Array {
  const header = Uint8Array.of(VERSION, token >>> 8, token, MESSAGES.indexOf(name));
  return new Uint8Array(Buffer.concat([header, ...rest]));
}

export interface UdpMessage {
  readonly id: MessageName;
  readonly token: UdpToken;
  /** Behind the header. */
  readonly rest: Uint8Array;
}

/** Undefined for what is not of this version. */
export function udpMessage(bytes: Uint8Array): UdpMessage | undefined {
  const [version, high = 0, low = 0, id = MESSAGES.length] = bytes;
  const name = MESSAGES[id];
  if (bytes.length < HEADER_BYTES || version !== VERSION || name === undefined) return undefined;
  return { id: name, token: (high << 8) | low, rest: bytes.subarray(HEADER_BYTES) };
}

/** Undefined for what no server sends. */
export function decodeFromUdpServer(bytes: Uint8Array): FromUdpServer | undefined {
  if (bytes.length > DATAGRAM_BYTES_MAX) return undefined;
  const message = udpMessage(bytes);
  switch (message?.id) {
    case "pushAck":
    case "pullAck":
      return { type: message.id, token: message.token };
    case "pullResp":
      return { type: "pullResp", token: message.token, item: itemIn(message.rest) };
    default:
      return undefined;
  }
}

function itemIn(json: Uint8Array): DownlinkItemFacts | undefined {
  const fields = fieldsOf(fieldsOf(parsedJson(json))["txpk"]);
  const { freq, data, modu, datr, size } = fields;
  const timing = timingOf(fields);
  if (timing === undefined || !isNumber(freq) || typeof data !== "string") return undefined;
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

export function datrOf({ sf, bandwidthHz }: LoraRate): string {
  return `SF${sf}BW${bandwidthHz / 1000}`;
}

/** Of a `datr`; undefined for what is no LoRa. */
export function rateOf(datr: unknown): LoraRate | undefined {
  const [, sf, kHz] = /^SF(\d{1,2})BW(\d{3})$/.exec(typeof datr === "string" ? datr : "") ?? [];
  return sf === undefined ? undefined : { sf: Number(sf), bandwidthHz: Number(kHz) * 1000 };
}

export function jsonOf(body: object): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}
