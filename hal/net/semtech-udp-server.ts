/**
 * The Semtech UDP packet forwarder protocol, version 2 (Lora-net/packet_forwarder, PROTOCOL.TXT), as
 * a server speaks it; see `semtech-udp.ts`.
 */
import { COUNTER_PERIOD_US, type HeardUplink, type ServerDownlink } from "#hal/gateway-port.ts";
import { type Fields, fieldsOf, isNumber, isUpTo, isWhole, parsedJson } from "./json-fields.ts";
import { datrOf, jsonOf, rateOf, type UdpToken, udpDatagram, udpMessage } from "./semtech-udp.ts";

const EUI_BYTES = 8;
/** A forwarder sends eight packets at once; each takes some 600 bytes. */
const DATAGRAM_BYTES_MAX = 16_384;
const PACKETS_MAX = 64;
const PHY_BYTES_MAX = 255;

/** `eui`: sixteen lower-case hex digits. */
export type FromUdpGateway =
  | {
      readonly type: "pushData";
      readonly token: UdpToken;
      readonly eui: string;
      readonly uplinks: readonly HeardUplink[];
      /** Packets with a good CRC that say nothing a LoRaWAN server can use. */
      readonly unusable: number;
    }
  | { readonly type: "pullData"; readonly token: UdpToken; readonly eui: string }
  | {
      readonly type: "txAck";
      readonly token: UdpToken;
      readonly eui: string;
      /** Empty: it is booked. */
      readonly error: string;
    };

/** Undefined for what no gateway sends. */
export function decodeFromUdpGateway(bytes: Uint8Array): FromUdpGateway | undefined {
  if (bytes.length > DATAGRAM_BYTES_MAX) return undefined;
  const message = udpMessage(bytes);
  if (message === undefined || message.rest.length < EUI_BYTES) return undefined;
  const { id, token, rest } = message;
  const eui = Buffer.from(rest.subarray(0, EUI_BYTES)).toString("hex");
  const json = rest.subarray(EUI_BYTES);
  switch (id) {
    case "pushData":
      return { type: id, token, eui, ...packetsIn(json) };
    case "pullData":
      return { type: id, token, eui };
    case "txAck":
      return { type: id, token, eui, error: errorIn(json) };
    default:
      return undefined;
  }
}

function packetsIn(json: Uint8Array) {
  const { rxpk } = fieldsOf(parsedJson(json));
  const packets: readonly unknown[] = Array.isArray(rxpk) ? rxpk.slice(0, PACKETS_MAX) : [];
  const good = packets.map(fieldsOf).filter(({ stat = 1 }) => stat === 1);
  const uplinks = good.map(uplinkOf).filter((uplink) => uplink !== undefined);
  return { uplinks, unusable: good.length - uplinks.length };
}

function uplinkOf(packet: Fields): HeardUplink | undefined {
  const { tmst, tmms, freq, modu, datr, size, data } = packet;
  const rate = modu === "LORA" ? rateOf(datr) : undefined;
  if (rate === undefined || !isUpTo(COUNTER_PERIOD_US - 1, tmst) || !isNumber(freq))
    return undefined;
  const phyPayload = new Uint8Array(Buffer.from(typeof data === "string" ? data : "", "base64"));
  const isSized = phyPayload.length > 0 && phyPayload.length <= PHY_BYTES_MAX;
  if (!isSized || (size !== undefined && size !== phyPayload.length)) return undefined;
  return {
    phyPayload,
    frequencyHz: Math.round(freq * 1e6),
    rate,
    context: { counter: BigInt(tmst), antenna: 0 },
    gpsUs: isWhole(tmms) ? tmms * 1000 : undefined,
  };
}

/** Without JSON, or without an error in it, a TX_ACK says that all is well; a `warn` does, too. */
function errorIn(json: Uint8Array): string {
  const { error = "NONE" } = fieldsOf(fieldsOf(parsedJson(json))["txpk_ack"]);
  const text = typeof error === "string" ? error.slice(0, 40) : "";
  return text === "NONE" ? "" : text;
}

export function encodePushAck(token: UdpToken): Uint8Array {
  return udpDatagram("pushAck", token);
}

export function encodePullAck(token: UdpToken): Uint8Array {
  return udpDatagram("pullAck", token);
}

/** The protocol has one way for each downlink: the first. The token is the downlink's number. */
export function encodePullResp(downlink: ServerDownlink, powerDbm: number): Uint8Array {
  const { downlinkId, phyPayload, ways } = downlink;
  const [{ frequencyHz, rate }] = ways;
  const txpk = {
    ...timeOf(downlink),
    freq: frequencyHz / 1e6,
    rfch: 0,
    powe: powerDbm,
    modu: "LORA",
    datr: datrOf(rate),
    codr: "4/5",
    ipol: true,
    ncrc: true,
    size: phyPayload.length,
    data: Buffer.from(phyPayload).toString("base64"),
  };
  return udpDatagram("pullResp", downlinkId & 0xffff, jsonOf({ txpk }));
}

/** `tmms` counts whole ms: every ping slot begins at one. */
function timeOf({ context, gpsUs, ways: [{ delayUs }] }: ServerDownlink): object {
  if (context !== undefined) {
    return { tmst: Number(context.counter + BigInt(delayUs)) % COUNTER_PERIOD_US };
  }
  return gpsUs === undefined ? { imme: true } : { tmms: Math.round(gpsUs / 1000) };
}
