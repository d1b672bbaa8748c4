import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import duration from "google-protobuf/google/protobuf/duration_pb.js";
import type { HeardUplink, ServerDownlink } from "#hal/gateway-port.ts";
import { encodeDnTxed, encodeStationUplink } from "#hal/net/basics-station.ts";
import { decodeFromStation, encodeDnMsg } from "#hal/net/basics-station-lns.ts";
import { decodeFromStationServer, type StationDownlink } from "#hal/net/basics-station-server.ts";
import { type ChirpStackFrames, PROTOBUF_FRAMES } from "#hal/net/chirpstack-frames.ts";
import { JSON_FRAMES } from "#hal/net/chirpstack-json.ts";
import { decodeFromUdpServer, encodeUdpTxAck, encodeUdpUplink } from "#hal/net/semtech-udp.ts";
import { decodeFromUdpGateway, encodePullResp } from "#hal/net/semtech-udp-server.ts";
import { encodeRouterConfig } from "#hal/net/station-plan.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { stationPlanOf } from "#tools/serve/lns/regional-plan.ts";
import { hex } from "../../hex.ts";

/** Who is at the ends of a wire. */
export interface WireEnds {
  readonly regional: RegionalSetting;
  readonly onUplink: (uplink: HeardUplink) => void;
  readonly onAck: (downlinkId: number, isSent: boolean) => void;
  readonly onCommand: (command: DownlinkCommand) => void;
}

/** One gateway and its server, with the bytes of a protocol between them. */
export interface Wire {
  event(event: GatewayEvent): void;
  send(downlink: ServerDownlink): void;
}

export interface WireKind {
  readonly name: string;
  readonly acknowledges: "booked" | "onAir";
  readonly lay: (ends: WireEnds) => Wire;
}

const EUI = hex("02 f0 0a fe 00 00 00 01");
const GATEWAY_ID = "02f00afe00000001";

function udpWire({ onUplink, onAck, onCommand }: WireEnds): Wire {
  let token = 0;
  const toServer = (datagram: Uint8Array) => {
    const message = decodeFromUdpGateway(datagram);
    if (message?.type === "pushData") for (const uplink of message.uplinks) onUplink(uplink);
    if (message?.type === "txAck") onAck(message.token, message.error === "");
  };
  return {
    event: (event) => {
      if (event.type === "uplink") toServer(encodeUdpUplink(EUI, token++ & 0xffff, event));
      if (event.type !== "ack") return;
      const [status = "tooLate"] = event.statuses;
      toServer(encodeUdpTxAck(EUI, event.downlinkId, status));
    },
    send: (downlink) => {
      const message = decodeFromUdpServer(encodePullResp(downlink, 14));
      if (message?.type !== "pullResp" || message.item === undefined) throw new Error("PULL_RESP");
      onCommand({ downlinkId: message.token, items: [message.item] });
    },
  };
}

function stationWire({ regional, onUplink, onAck, onCommand }: WireEnds): Wire {
  const config = encodeRouterConfig(stationPlanOf(regional), 1.8e9);
  const configured = decodeFromStationServer(config, []);
  if (configured?.type !== "routerConfig") throw new Error("router_config");
  const { rates } = configured;
  const sent = new Map<number, StationDownlink>();
  const toServer = (text: string | undefined) => {
    const message = decodeFromStation(text ?? "", rates);
    if (message?.type === "uplink" && message.uplink !== undefined) onUplink(message.uplink);
    if (message?.type === "sent") onAck(message.downlinkId, true);
  };
  return {
    event: (event) => {
      if (event.type === "uplink") toServer(encodeStationUplink(event, rates, true));
      if (event.type !== "ack" || event.sentAt === undefined) return;
      const downlink = sent.get(event.downlinkId);
      if (downlink?.isAcknowledged === true) toServer(encodeDnTxed(downlink.echo, event.sentAt));
    },
    send: (downlink) => {
      const message = decodeFromStationServer(encodeDnMsg(downlink, rates, 1.8e9), rates);
      if (message?.type !== "downlink") throw new Error("dnmsg");
      sent.set(message.echo.diid, message);
      onCommand({ downlinkId: message.echo.diid, items: message.items });
    },
  };
}

/** The server's half of ChirpStack's two forms, as its own protobuf library has them. */
interface ChirpStackServer {
  readonly frames: ChirpStackFrames;
  readonly uplinkIn: (bytes: Uint8Array) => HeardUplink;
  readonly ackIn: (bytes: Uint8Array) => { readonly id: number; readonly isSent: boolean };
  readonly downlinkOf: (downlink: ServerDownlink) => Uint8Array;
}

const PROTOBUF: ChirpStackServer = {
  frames: PROTOBUF_FRAMES,
  uplinkIn: (bytes) => {
    const frame = gw.UplinkFrame.deserializeBinary(bytes);
    const lora = frame.getTxInfo()?.getModulation()?.getLora();
    const rx = frame.getRxInfo();
    return heard({
      phyPayload: frame.getPhyPayload_asU8(),
      frequencyHz: frame.getTxInfo()?.getFrequency() ?? 0,
      sf: lora?.getSpreadingFactor() ?? 0,
      bandwidthHz: lora?.getBandwidth() ?? 0,
      context: rx?.getContext_asU8() ?? new Uint8Array(0),
    });
  },
  ackIn: (bytes) => {
    const ack = gw.DownlinkTxAck.deserializeBinary(bytes);
    const isSent = ack.getItemsList().some((item) => item.getStatus() === gw.TxAckStatus.OK);
    return { id: ack.getDownlinkId(), isSent };
  },
  downlinkOf: ({ downlinkId, phyPayload, context, gpsUs, ways }) => {
    const frame = new gw.DownlinkFrame();
    frame.setDownlinkId(downlinkId);
    frame.setGatewayId(GATEWAY_ID);
    for (const { frequencyHz, rate, delayUs } of ways) {
      const lora = new gw.LoraModulationInfo();
      lora.setSpreadingFactor(rate.sf);
      lora.setBandwidth(rate.bandwidthHz);
      const modulation = new gw.Modulation();
      modulation.setLora(lora);
      const timing = new gw.Timing();
      const info = new gw.DownlinkTxInfo();
      if (gpsUs !== undefined) {
        const epoch = new gw.GPSEpochTimingInfo();
        epoch.setTimeSinceGpsEpoch(durationOf(gpsUs));
        timing.setGpsEpoch(epoch);
      } else if (context === undefined) {
        timing.setImmediately(new gw.ImmediatelyTimingInfo());
      } else {
        const delayed = new gw.DelayTimingInfo();
        delayed.setDelay(durationOf(delayUs));
        timing.setDelay(delayed);
        info.setContext(contextBytes(context.counter));
      }
      info.setFrequency(frequencyHz);
      info.setModulation(modulation);
      info.setTiming(timing);
      const item = new gw.DownlinkFrameItem();
      item.setPhyPayload(phyPayload);
      item.setTxInfo(info);
      frame.addItems(item);
    }
    return frame.serializeBinary();
  },
};

const JSON_FORM: ChirpStackServer = {
  frames: JSON_FRAMES,
  uplinkIn: (bytes) => {
    const { phyPayload, txInfo, rxInfo } = JSON.parse(Buffer.from(bytes).toString());
    const { bandwidth, spreadingFactor } = txInfo.modulation.lora;
    return heard({
      phyPayload: fromBase64(phyPayload),
      frequencyHz: txInfo.frequency,
      sf: spreadingFactor,
      bandwidthHz: bandwidth,
      context: fromBase64(rxInfo.context),
    });
  },
  ackIn: (bytes) => {
    const { downlinkId, items } = JSON.parse(Buffer.from(bytes).toString());
    const isSent = items.some(({ status }: { readonly status: string }) => status === "OK");
    return { id: downlinkId, isSent };
  },
  downlinkOf: ({ downlinkId, phyPayload, context, gpsUs, ways }) => {
    const soon =
      gpsUs === undefined
        ? { immediately: {} }
        : { gpsEpoch: { timeSinceGpsEpoch: `${(gpsUs / 1e6).toFixed(6)}s` } };
    const items = ways.map(({ frequencyHz, rate, delayUs }) => ({
      phyPayload: toBase64(phyPayload),
      txInfo: {
        frequency: frequencyHz,
        modulation: { lora: { bandwidth: rate.bandwidthHz, spreadingFactor: rate.sf } },
        timing: context === undefined ? soon : { delay: { delay: `${delayUs / 1e6}s` } },
        ...(context === undefined ? {} : { context: toBase64(contextBytes(context.counter)) }),
      },
    }));
    return Buffer.from(JSON.stringify({ downlinkId, gatewayId: GATEWAY_ID, items }));
  },
};

function chirpStackWire(
  { frames, uplinkIn, ackIn, downlinkOf }: ChirpStackServer,
  { onUplink, onAck, onCommand }: WireEnds,
): Wire {
  return {
    event: (event) => {
      if (event.type === "uplink") onUplink(uplinkIn(frames.encodeUplink(GATEWAY_ID, event)));
      if (event.type !== "ack") return;
      const { id, isSent } = ackIn(
        frames.encodeTxAck(GATEWAY_ID, event.downlinkId, event.statuses),
      );
      onAck(id, isSent);
    },
    send: (downlink) => {
      const command = frames.decodeDownlink(downlinkOf(downlink));
      if (command === undefined) throw new Error("DownlinkFrame");
      onCommand(command);
    },
  };
}

interface ChirpStackUplink {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly sf: number;
  readonly bandwidthHz: number;
  readonly context: Uint8Array;
}

function heard({
  phyPayload,
  frequencyHz,
  sf,
  bandwidthHz,
  context,
}: ChirpStackUplink): HeardUplink {
  const counter = BigInt(Buffer.from(context).readUInt32BE());
  return {
    phyPayload,
    frequencyHz,
    rate: { sf, bandwidthHz },
    context: { counter, antenna: 0 },
    gpsUs: undefined,
  };
}

function durationOf(us: number): duration.Duration {
  const made = new duration.Duration();
  made.setSeconds(Math.floor(us / 1e6));
  made.setNanos((us % 1e6) * 1000);
  return made;
}

function contextBytes(counter: bigint): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(counter));
  return bytes;
}

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

export const WIRES: readonly WireKind[] = [
  { name: "Semtech UDP", acknowledges: "booked", lay: udpWire },
  { name: "Basics Station", acknowledges: "onAir", lay: stationWire },
  {
    name: "ChirpStack, protobuf",
    acknowledges: "booked",
    lay: (ends) => chirpStackWire(PROTOBUF, ends),
  },
  {
    name: "ChirpStack, JSON",
    acknowledges: "booked",
    lay: (ends) => chirpStackWire(JSON_FORM, ends),
  },
];
