/**
 * Gateway events and commands of ChirpStack v4's MQTT backend, in the JSON form of their protobuf
 * messages (api/proto/gw/gw.proto; protobuf.dev, "ProtoJSON Format"). The server takes a message for
 * JSON when it holds the text "gatewayId", and answers such a gateway in kind.
 */
import {
  COUNTER_PERIOD_US,
  type DownlinkItemFacts,
  type DownlinkTiming,
  type GatewayLocation,
  type StatsFacts,
  type TxAckName,
  type UplinkFacts,
} from "#hal/gateway-port.ts";
import type { ChirpStackFrames, DownlinkFacts } from "./chirpstack-frames.ts";
import { utcSecondsOf } from "./gps-time.ts";
import { type Fields, fieldsOf, isWhole, parsedJson } from "./json-fields.ts";

const STATUS: Readonly<Record<TxAckName, string>> = {
  ignored: "IGNORED",
  ok: "OK",
  tooLate: "TOO_LATE",
  collision: "COLLISION_PACKET",
  frequency: "TX_FREQ",
  noGpsTime: "GPS_UNLOCKED",
  queueFull: "QUEUE_FULL",
  dutyCycle: "DUTY_CYCLE_OVERFLOW",
};
const ITEMS_MAX = 16;

/** The same messages as `PROTOBUF_FRAMES`. */
export const JSON_FRAMES: ChirpStackFrames = {
  encodeUplink: (gatewayId, uplink) => bytesOf(uplinkOf(gatewayId, uplink)),
  encodeTxAck: (gatewayId, downlinkId, statuses) =>
    bytesOf({ gatewayId, downlinkId, items: statuses.map((name) => ({ status: STATUS[name] })) }),
  encodeStats: (gatewayId, stats) => bytesOf(statsOf(gatewayId, stats)),
  decodeDownlink,
};

function uplinkOf(gatewayId: string, uplink: UplinkFacts): object {
  const { phyPayload, frequencyHz, rate, uplinkId, counterUs, gpsUs, rssiDbm, snrDb } = uplink;
  const lora = { bandwidth: rate.bandwidthHz, spreadingFactor: rate.sf, codeRate: "CR_4_5" };
  const context = Buffer.alloc(4);
  context.writeUInt32BE(counterUs % COUNTER_PERIOD_US);
  return {
    phyPayload: base64Of(phyPayload),
    txInfo: { frequency: frequencyHz, modulation: { lora } },
    rxInfo: {
      gatewayId,
      uplinkId,
      gwTime: timestampOf(gpsUs),
      timeSinceGpsEpoch: durationOf(gpsUs),
      rssi: rssiDbm,
      snr: snrDb,
      context: context.toString("base64"),
      crcStatus: "CRC_OK",
    },
  };
}

function statsOf(gatewayId: string, stats: StatsFacts): object {
  const { gpsUs, received, asked, emitted, location } = stats;
  return {
    gatewayId,
    time: timestampOf(gpsUs),
    rxPacketsReceived: received,
    rxPacketsReceivedOk: received,
    txPacketsReceived: asked,
    txPacketsEmitted: emitted,
    ...(location === undefined ? {} : { location: locationOf(location) }),
  };
}

function locationOf({ latitude, longitude, altitudeM }: GatewayLocation): object {
  return { latitude, longitude, altitude: altitudeM, source: "GPS" };
}

/** Undefined for bytes that are no downlink with at least one item. */
function decodeDownlink(bytes: Uint8Array): DownlinkFacts | undefined {
  const { downlinkId = 0, gatewayId, items } = fieldsOf(parsedJson(bytes));
  if (typeof gatewayId !== "string" || !isWhole(downlinkId)) return undefined;
  if (!Array.isArray(items) || items.length === 0 || items.length > ITEMS_MAX) return undefined;
  const known = items.map((item: unknown) => itemOf(fieldsOf(item)));
  if (known.includes(undefined)) return undefined;
  return { downlinkId, gatewayId, items: known.filter((item) => item !== undefined) };
}

function itemOf({ phyPayload, txInfo }: Fields): DownlinkItemFacts | undefined {
  const { frequency, modulation, timing, context } = fieldsOf(txInfo);
  const bytes = base64In(phyPayload);
  const when = timingOf(fieldsOf(timing), base64In(context));
  if (bytes === undefined || when === undefined || !isWhole(frequency)) return undefined;
  const { spreadingFactor: sf, bandwidth } = fieldsOf(fieldsOf(modulation)["lora"]);
  const rate = isWhole(sf) && isWhole(bandwidth) ? { sf, bandwidthHz: bandwidth } : undefined;
  return { phyPayload: bytes, frequencyHz: frequency, rate, timing: when };
}

function timingOf(
  { delay, gpsEpoch, immediately }: Fields,
  context: Uint8Array | undefined,
): DownlinkTiming | undefined {
  const delayUs = usIn(fieldsOf(delay)["delay"]);
  if (delayUs !== undefined) {
    if (context?.length !== 4) return undefined;
    return { type: "delay", counter: Buffer.from(context).readUInt32BE(), delayUs };
  }
  const gpsUs = usIn(fieldsOf(gpsEpoch)["timeSinceGpsEpoch"]);
  if (gpsUs !== undefined) return { type: "gps", gpsUs };
  return immediately === undefined ? undefined : { type: "immediately" };
}

/** Seconds with up to nine decimals and an `s`. */
function usIn(duration: unknown): number | undefined {
  const pattern = /^(\d{1,12})(?:\.(\d{1,9}))?s$/;
  const [, seconds, fraction = ""] =
    pattern.exec(typeof duration === "string" ? duration : "") ?? [];
  if (seconds === undefined) return undefined;
  return Number(seconds) * 1e6 + Math.round(Number(fraction.padEnd(9, "0")) / 1000);
}

function durationOf(us: number): string {
  return `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, "0")}s`;
}

function timestampOf(gpsUs: number): string {
  const seconds = utcSecondsOf(Math.floor(gpsUs / 1e6));
  const second = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${second}.${String(Math.floor(gpsUs % 1e6)).padStart(6, "0")}Z`;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function base64In(text: unknown): Uint8Array | undefined {
  const isBase64 = typeof text === "string" && /^[\w+/-]*={0,2}$/.test(text);
  return isBase64 ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}

function bytesOf(message: object): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(message)));
}
