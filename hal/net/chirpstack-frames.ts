/** Gateway events and commands of ChirpStack v4's MQTT backend, in protobuf (api/proto/gw/gw.proto). */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import duration from "google-protobuf/google/protobuf/duration_pb.js";
import timestamp from "google-protobuf/google/protobuf/timestamp_pb.js";
import {
  COUNTER_PERIOD_US,
  type DownlinkItemFacts,
  type DownlinkTiming,
  type StatsFacts,
  type TxAckName,
  type UplinkFacts,
} from "#hal/gateway-port.ts";
import { locationOf } from "./chirpstack-location.ts";
import { utcSecondsOf } from "./gps-time.ts";
import { isWithinBounds } from "./protobuf-bounds.ts";

/** Status of one item in a `DownlinkTxAck`. */
const TX_ACK = {
  ignored: 0,
  ok: 1,
  tooLate: 2,
  collision: 4,
  frequency: 6,
  noGpsTime: 8,
  queueFull: 9,
  dutyCycle: 11,
} as const satisfies Record<TxAckName, number>;

/** A `DownlinkFrame`: items are alternatives, in order. */
export interface DownlinkFacts {
  readonly downlinkId: number;
  readonly gatewayId: string;
  readonly items: readonly DownlinkItemFacts[];
}

/** The messages of a gateway, in one of the two forms that the server reads. */
export interface ChirpStackFrames {
  encodeUplink(gatewayId: string, uplink: UplinkFacts): Uint8Array;
  encodeTxAck(gatewayId: string, downlinkId: number, statuses: readonly TxAckName[]): Uint8Array;
  encodeStats(gatewayId: string, stats: StatsFacts): Uint8Array;
  /** Undefined for bytes that are no downlink with at least one item. */
  decodeDownlink(bytes: Uint8Array): DownlinkFacts | undefined;
}

export const PROTOBUF_FRAMES: ChirpStackFrames = {
  encodeUplink,
  encodeTxAck,
  encodeStats,
  decodeDownlink,
};

const CODE_RATE_4_5 = 1;
/** Far beyond two frames of 255 bytes and what is said about them. */
const DOWNLINK_BYTES_MAX = 8192;

function encodeUplink(gatewayId: string, uplink: UplinkFacts): Uint8Array {
  const { phyPayload, frequencyHz, rate, uplinkId, counterUs, gpsUs, rssiDbm, snrDb } = uplink;
  const lora = new gw.LoraModulationInfo();
  lora.setBandwidth(rate.bandwidthHz);
  lora.setSpreadingFactor(rate.sf);
  lora.setCodeRate(CODE_RATE_4_5);
  const modulation = new gw.Modulation();
  modulation.setLora(lora);
  const txInfo = new gw.UplinkTxInfo();
  txInfo.setFrequency(frequencyHz);
  txInfo.setModulation(modulation);
  const rxInfo = new gw.UplinkRxInfo();
  rxInfo.setGatewayId(gatewayId);
  rxInfo.setUplinkId(uplinkId);
  rxInfo.setGwTime(timestampOf(gpsUs));
  rxInfo.setTimeSinceGpsEpoch(durationOf(gpsUs));
  rxInfo.setRssi(rssiDbm);
  rxInfo.setSnr(snrDb);
  rxInfo.setContext(contextOf(counterUs % COUNTER_PERIOD_US));
  rxInfo.setCrcStatus(gw.CRCStatus.CRC_OK);
  const frame = new gw.UplinkFrame();
  frame.setPhyPayload(phyPayload);
  frame.setTxInfo(txInfo);
  frame.setRxInfo(rxInfo);
  return frame.serializeBinary();
}

function encodeTxAck(
  gatewayId: string,
  downlinkId: number,
  statuses: readonly TxAckName[],
): Uint8Array {
  const ack = new gw.DownlinkTxAck();
  ack.setGatewayId(gatewayId);
  ack.setDownlinkId(downlinkId);
  for (const status of statuses) {
    const item = new gw.DownlinkTxAckItem();
    item.setStatus(TX_ACK[status]);
    ack.addItems(item);
  }
  return ack.serializeBinary();
}

function encodeStats(gatewayId: string, stats: StatsFacts): Uint8Array {
  const message = new gw.GatewayStats();
  message.setGatewayId(gatewayId);
  message.setTime(timestampOf(stats.gpsUs));
  message.setRxPacketsReceived(stats.received);
  message.setRxPacketsReceivedOk(stats.received);
  message.setTxPacketsReceived(stats.asked);
  message.setTxPacketsEmitted(stats.emitted);
  if (stats.location !== undefined) message.setLocation(locationOf(stats.location, "GPS"));
  return message.serializeBinary();
}

function decodeDownlink(bytes: Uint8Array): DownlinkFacts | undefined {
  if (bytes.length > DOWNLINK_BYTES_MAX || !isWithinBounds(bytes)) return undefined;
  let frame: gw.DownlinkFrame;
  try {
    frame = gw.DownlinkFrame.deserializeBinary(bytes);
  } catch {
    return undefined;
  }
  const items = frame.getItemsList().map(itemOf);
  if (items.length === 0 || items.includes(undefined)) return undefined;
  return {
    downlinkId: frame.getDownlinkId(),
    gatewayId: frame.getGatewayId(),
    items: items.filter((item) => item !== undefined),
  };
}

function itemOf(item: gw.DownlinkFrameItem): DownlinkItemFacts | undefined {
  const txInfo = item.getTxInfo();
  if (txInfo === undefined) return undefined;
  const lora = txInfo.getModulation()?.getLora();
  const timing = timingOf(txInfo);
  if (timing === undefined) return undefined;
  return {
    phyPayload: item.getPhyPayload_asU8(),
    frequencyHz: txInfo.getFrequency(),
    rate: lora && { sf: lora.getSpreadingFactor(), bandwidthHz: lora.getBandwidth() },
    timing,
  };
}

function timingOf(txInfo: gw.DownlinkTxInfo): DownlinkTiming | undefined {
  const timing = txInfo.getTiming();
  const delay = timing?.getDelay()?.getDelay();
  if (delay !== undefined) {
    const counter = counterIn(txInfo.getContext_asU8());
    return counter === undefined ? undefined : { type: "delay", counter, delayUs: usOf(delay) };
  }
  const gps = timing?.getGpsEpoch()?.getTimeSinceGpsEpoch();
  if (gps !== undefined) return { type: "gps", gpsUs: usOf(gps) };
  return timing?.hasImmediately() === true ? { type: "immediately" } : undefined;
}

/** As the UDP bridge does: the counter, four bytes, most significant first. */
function contextOf(counter: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, counter);
  return bytes;
}

function counterIn(context: Uint8Array): number | undefined {
  if (context.length !== 4) return undefined;
  return new DataView(context.buffer, context.byteOffset, 4).getUint32(0);
}

function timestampOf(gpsUs: number): timestamp.Timestamp {
  const message = new timestamp.Timestamp();
  message.setSeconds(utcSecondsOf(Math.floor(gpsUs / 1e6)));
  message.setNanos((gpsUs % 1e6) * 1000);
  return message;
}

function durationOf(us: number): duration.Duration {
  const message = new duration.Duration();
  message.setSeconds(Math.floor(us / 1e6));
  message.setNanos((us % 1e6) * 1000);
  return message;
}

function usOf(message: duration.Duration): number {
  return message.getSeconds() * 1e6 + Math.round(message.getNanos() / 1000);
}
