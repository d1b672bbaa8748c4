/** The LNS protocol of LoRa Basics Station as a server speaks it; see `basics-station.ts`. */
import type { DownlinkWay, HeardUplink, ServerDownlink } from "#hal/gateway-port.ts";
import {
  isRate,
  parsedMessage,
  type StationRates,
  stationText as textOf,
} from "./basics-station.ts";
import { type Fields, fieldsOf, isNumber, isUpTo, isWhole } from "./json-fields.ts";

const PHY_BYTES_MAX = 255;
/** MHDR, JoinEUI, DevEUI, DevNonce, MIC. */
const JOIN_REQUEST_BYTES = 23;
const FHDR_BYTES = 8;
const MIC_BYTES = 4;
const RATES = 16;
const XTIME_MAX = (1n << 63n) - 1n;
/** Stations acknowledge what is for some device, and nothing that is for none. */
const SOME_DEVICE = "01-01-01-01-01-01-01-01";
const CLASS_A = 0;
const CLASS_B = 1;
const CLASS_C = 2;

export type FromStation =
  | { readonly type: "version"; readonly model: string; readonly station: string }
  /** `uplink` undefined: it cannot be used. */
  | { readonly type: "uplink"; readonly uplink: HeardUplink | undefined }
  /** A downlink is on the air. */
  | { readonly type: "sent"; readonly downlinkId: number }
  | { readonly type: "timeSync"; readonly txtimeUs: number }
  /** What the protocol has beside these. */
  | { readonly type: "other"; readonly msgtype: string };

/** The EUI in what a station asks of `router-info`, as sixteen lower-case hex digits. */
export function decodeRouterRequest(text: string): string | undefined {
  const { router } = parsedMessage(text) ?? {};
  if (typeof router === "bigint" || isWhole(router)) {
    const digits = BigInt(router).toString(16).padStart(16, "0");
    return digits.length === 16 ? digits : undefined;
  }
  if (typeof router !== "string") return undefined;
  const plain = router.toLowerCase().replaceAll("-", "");
  return /^[\da-f]{16}$/.test(plain) ? plain : euiOfId6(router.toLowerCase());
}

/** Four groups of hex digits without leading zeros; `::` stands for groups of zero. */
function euiOfId6(id6: string): string | undefined {
  const [head = "", tail, ...more] = id6.split("::");
  if (more.length > 0) return undefined;
  const groupsOf = (part: string) => (part === "" ? [] : part.split(":"));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = 4 - before.length - after.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const groups = [...before, ...new Array<string>(Math.max(zeros, 0)).fill("0"), ...after];
  if (!groups.every((group) => /^[\da-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => group.padStart(4, "0")).join("");
}

export function encodeRouterAnswer(eui: string, uri: string): string {
  const id6 = (eui.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  return textOf({ router: id6.join(":"), muxs: "::0", uri });
}

export function encodeRouterRefusal(error: string): string {
  return textOf({ error });
}

/** Undefined for what is no message. */
export function decodeFromStation(text: string, rates: StationRates): FromStation | undefined {
  const message = parsedMessage(text);
  const msgtype = message?.["msgtype"];
  if (message === undefined || typeof msgtype !== "string") return undefined;
  switch (msgtype) {
    case "version": {
      const { model, station } = message;
      return { type: "version", model: wordOf(model), station: wordOf(station) };
    }
    case "jreq":
      return { type: "uplink", uplink: uplinkIn(message, joinRequestIn(message), rates) };
    case "updf":
      return { type: "uplink", uplink: uplinkIn(message, dataFrameIn(message), rates) };
    case "propdf": {
      const phyPayload = bytesIn(message["FRMPayload"]);
      return { type: "uplink", uplink: uplinkIn(message, phyPayload, rates) };
    }
    case "dntxed": {
      const { diid } = message;
      return isWhole(diid) ? { type: "sent", downlinkId: diid } : undefined;
    }
    case "timesync": {
      const { txtime } = message;
      return { type: "timeSync", txtimeUs: isWhole(txtime) ? txtime : 0 };
    }
    default:
      return { type: "other", msgtype: msgtype.slice(0, 40) };
  }
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 80) : "";
}

function uplinkIn(
  { DR, Freq, upinfo }: Fields,
  phyPayload: Uint8Array | undefined,
  rates: StationRates,
): HeardUplink | undefined {
  const { rctx, xtime, gpstime } = fieldsOf(upinfo);
  const at = isUpTo(RATES - 1, DR) ? rates[DR] : undefined;
  const counter = typeof xtime === "bigint" ? xtime : BigInt(isWhole(xtime) ? xtime : 0);
  if (phyPayload === undefined || at === undefined || !isWhole(Freq)) return undefined;
  if (counter <= 0n || counter > XTIME_MAX) return undefined;
  return {
    phyPayload,
    frequencyHz: Freq,
    rate: { sf: at.sf, bandwidthHz: at.bandwidthHz },
    context: { counter, antenna: isWhole(rctx) ? rctx : 0 },
    gpsUs: isWhole(gpstime) && gpstime > 0 ? gpstime : undefined,
  };
}

function joinRequestIn({ MHdr, JoinEui, DevEui, DevNonce, MIC }: Fields): Uint8Array | undefined {
  const [joinEui, devEui] = [euiIn(JoinEui), euiIn(DevEui)];
  if (joinEui === undefined || devEui === undefined) return undefined;
  if (!isUpTo(0xff, MHdr) || !isUpTo(0xffff, DevNonce) || !isI32(MIC)) return undefined;
  const phy = Buffer.alloc(JOIN_REQUEST_BYTES);
  phy.writeUInt8(MHdr, 0);
  phy.set(joinEui.toReversed(), 1);
  phy.set(devEui.toReversed(), 9);
  phy.writeUInt16LE(DevNonce, 17);
  phy.writeInt32LE(MIC | 0, 19);
  return new Uint8Array(phy);
}

function dataFrameIn(fields: Fields): Uint8Array | undefined {
  const { MHdr, DevAddr, FCtrl, FCnt, FPort, MIC } = fields;
  const [fOpts, payload] = [bytesIn(fields["FOpts"]), bytesIn(fields["FRMPayload"])];
  if (fOpts === undefined || payload === undefined) return undefined;
  if (!isUpTo(0xff, MHdr) || !isUpTo(0xff, FCtrl) || !isUpTo(0xffff, FCnt)) return undefined;
  if (!isI32(DevAddr) || !isI32(MIC) || fOpts.length !== (FCtrl & 0x0f)) return undefined;
  const hasPort = isUpTo(0xff, FPort);
  if (!hasPort && (FPort !== -1 || payload.length > 0)) return undefined;
  const body = [...fOpts, ...(hasPort ? [FPort] : []), ...payload];
  const phy = Buffer.alloc(FHDR_BYTES + body.length + MIC_BYTES);
  if (phy.length > PHY_BYTES_MAX) return undefined;
  phy.writeUInt8(MHdr, 0);
  phy.writeInt32LE(DevAddr | 0, 1);
  phy.writeUInt8(FCtrl, 5);
  phy.writeUInt16LE(FCnt, 6);
  phy.set(body, FHDR_BYTES);
  phy.writeInt32LE(MIC | 0, phy.length - MIC_BYTES);
  return new Uint8Array(phy);
}

/** Stations write 32 bits with a sign; that some do not is no reason to refuse them. */
function isI32(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32;
}

function euiIn(text: unknown): Uint8Array | undefined {
  const digits = typeof text === "string" ? text.replaceAll("-", "") : "";
  return digits.length === 16 ? bytesIn(digits) : undefined;
}

function bytesIn(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length > 2 * PHY_BYTES_MAX) return undefined;
  return /^(?:[\da-f]{2})*$/i.test(text) ? new Uint8Array(Buffer.from(text, "hex")) : undefined;
}

/** Both windows in one message, of which the station takes the first that it can; or as soon as it can. */
export function encodeDnMsg(downlink: ServerDownlink, rates: StationRates, nowS: number): string {
  const { downlinkId, phyPayload, context, gpsUs, ways } = downlink;
  const [first, second] = ways;
  // Of a rate that both directions have, the downlink's number is the higher one.
  const drOf = ({ rate }: DownlinkWay) => rates.findLastIndex((at) => isRate(at, rate));
  const common = {
    msgtype: "dnmsg",
    DevEui: SOME_DEVICE,
    diid: downlinkId,
    pdu: Buffer.from(phyPayload).toString("hex"),
    priority: 0,
    MuxTime: nowS,
  };
  if (context === undefined && gpsUs !== undefined) {
    const slot = { DR: drOf(first), Freq: first.frequencyHz, gpstime: Math.floor(gpsUs) };
    return textOf({ ...common, dC: CLASS_B, ...slot, rctx: 0 });
  }
  if (context === undefined) {
    const rx2 = { RX2DR: drOf(first), RX2Freq: first.frequencyHz };
    return textOf({ ...common, dC: CLASS_C, ...rx2, rctx: 0 });
  }
  const rx2 = second === undefined ? {} : { RX2DR: drOf(second), RX2Freq: second.frequencyHz };
  return textOf({
    ...common,
    dC: CLASS_A,
    RxDelay: first.delayUs / 1e6,
    RX1DR: drOf(first),
    RX1Freq: first.frequencyHz,
    ...rx2,
    xtime: context.counter,
    rctx: context.antenna,
  });
}

/** Answers a station's `timesync`, and tells it GPS time. */
export function encodeTimeSyncAnswer(txtimeUs: number, gpsUs: number): string {
  return textOf({ msgtype: "timesync", txtime: txtimeUs, gpstime: Math.floor(gpsUs) });
}
