/** What a server says in the LNS protocol of LoRa Basics Station; see `basics-station.ts`. */
import {
  COUNTER_PERIOD_US,
  type DownlinkItemFacts,
  type DownlinkTiming,
} from "#hal/gateway-port.ts";
import { parsedMessage, type StationEcho, type StationRates } from "./basics-station.ts";
import { type Fields, fieldsOf, isWhole } from "./json-fields.ts";

/** Where a station is to connect to. */
export type RouterInfo =
  | { readonly ok: true; readonly uri: string }
  | { readonly ok: false; readonly reason: string };

export type FromStationServer =
  | { readonly type: "routerConfig"; readonly region: string; readonly rates: StationRates }
  | ({ readonly type: "downlink" } & StationDownlink)
  /** Multicast and the like: none of them is acknowledged. */
  | { readonly type: "schedule"; readonly downlinks: readonly StationDownlink[] }
  | { readonly type: "timeSync"; readonly txtimeUs: number; readonly gpsUs: number }
  /** What the protocol has beside these. */
  | { readonly type: "other"; readonly msgtype: string };

export interface StationDownlink {
  readonly echo: StationEcho;
  /** Whether a `dntxed` is wanted. */
  readonly isAcknowledged: boolean;
  /** Alternatives, in order; none if it says nothing that can be sent. */
  readonly items: readonly DownlinkItemFacts[];
}

/** Classes A, B and C in `dC`. */
const CLASS_A = 0;
const CLASS_B = 1;
const CLASS_C = 2;
const RX2_AFTER_RX1_US = 1_000_000;
/** A schedule of more is no schedule. */
const SCHEDULED_MAX = 256;
const RATES_MAX = 16;
const PDU_BYTES_MAX = 255;

export function decodeRouterInfo(text: string): RouterInfo {
  const { uri, error } = parsedMessage(text) ?? {};
  if (typeof error === "string" && error !== "") return { ok: false, reason: error };
  if (typeof uri === "string" && /^wss?:\/\//.test(uri) && URL.canParse(uri))
    return { ok: true, uri };
  return { ok: false, reason: "an answer without a uri" };
}

/** Undefined for what is no message. */
export function decodeFromStationServer(
  text: string,
  rates: StationRates,
): FromStationServer | undefined {
  const message = parsedMessage(text);
  const msgtype = message?.["msgtype"];
  if (message === undefined || typeof msgtype !== "string") return undefined;
  switch (msgtype) {
    case "router_config": {
      const { region, DRs } = message;
      const known = ratesIn(DRs);
      if (known === undefined) return undefined;
      return {
        type: "routerConfig",
        region: typeof region === "string" ? region : "",
        rates: known,
      };
    }
    case "dnmsg":
      return { type: "downlink", ...downlinkIn(message, rates) };
    case "dnsched": {
      const { schedule } = message;
      if (!Array.isArray(schedule) || schedule.length > SCHEDULED_MAX) return undefined;
      const fields = schedule.map((entry: unknown) => fieldsOf(entry));
      return { type: "schedule", downlinks: fields.map((entry) => scheduledIn(entry, rates)) };
    }
    case "timesync": {
      const { txtime, gpstime } = message;
      if (!isWhole(gpstime)) return undefined;
      return { type: "timeSync", txtimeUs: isWhole(txtime) ? txtime : 0, gpsUs: gpstime };
    }
    default:
      return { type: "other", msgtype };
  }
}

/** SF, bandwidth in kHz (0: FSK) and whether for downlinks alone; SF -1: undefined. */
function ratesIn(value: unknown): StationRates | undefined {
  if (!Array.isArray(value) || value.length > RATES_MAX) return undefined;
  return value.map((entry: unknown) => {
    const [sf, kHz, downlinkOnly]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (!isWhole(sf) || !isWhole(kHz) || sf < 5 || sf > 12 || kHz === 0) return undefined;
    return { sf, bandwidthHz: kHz * 1000, isDownlinkOnly: downlinkOnly === 1 };
  });
}

function downlinkIn(fields: Fields, rates: StationRates): StationDownlink {
  const { dC, DevEui } = fields;
  const devEui = typeof DevEui === "string" ? DevEui : "";
  const isAcknowledged = /[1-9a-f]/i.test(devEui);
  const item = itemsOf(fields, rates);
  const rx1 = item(fields["RX1DR"], fields["RX1Freq"], afterUplink(fields, 0));
  const rx2 = item(fields["RX2DR"], fields["RX2Freq"], afterUplink(fields, RX2_AFTER_RX1_US));
  const soon = item(fields["RX2DR"], fields["RX2Freq"], { type: "immediately" });
  const timed = item(fields["DR"], fields["Freq"], atGps(fields));
  const ways = { [CLASS_A]: [rx1, rx2], [CLASS_B]: [timed], [CLASS_C]: [rx1, soon] };
  const known = dC === CLASS_A || dC === CLASS_B || dC === CLASS_C ? ways[dC] : [];
  return {
    echo: echoOf(fields, devEui),
    isAcknowledged,
    items: known.filter((way) => way !== undefined),
  };
}

function scheduledIn(fields: Fields, rates: StationRates): StationDownlink {
  const { xtime } = fields;
  const timing: DownlinkTiming | undefined = isCounter(xtime)
    ? { type: "counter", counter: counterIn(xtime) }
    : atGps(fields);
  const way = itemsOf(fields, rates)(fields["DR"], fields["Freq"], timing);
  return {
    echo: echoOf(fields, ""),
    isAcknowledged: false,
    items: way === undefined ? [] : [way],
  };
}

function echoOf({ diid, rctx }: Fields, devEui: string) {
  return { diid: isWhole(diid) ? diid : 0, devEui, rctx: isWhole(rctx) ? rctx : 0 };
}

/** One frame, at the rates, frequencies and times it may have. */
function itemsOf({ pdu }: Fields, rates: StationRates) {
  const phyPayload = pduIn(pdu);
  return (
    dr: unknown,
    frequencyHz: unknown,
    timing: DownlinkTiming | undefined,
  ): DownlinkItemFacts | undefined => {
    if (phyPayload === undefined || timing === undefined) return undefined;
    if (!isWhole(frequencyHz) || frequencyHz === 0 || !isWhole(dr)) return undefined;
    const at = rates[dr];
    const rate = at && { sf: at.sf, bandwidthHz: at.bandwidthHz };
    return { phyPayload, frequencyHz, rate, timing };
  };
}

/** RxDelay 0 counts as 1 (TS001 §5.8). */
function afterUplink({ xtime, RxDelay }: Fields, laterUs: number): DownlinkTiming | undefined {
  if (!isCounter(xtime) || !isWhole(RxDelay) || RxDelay > 15) return undefined;
  const delayUs = Math.max(RxDelay, 1) * 1_000_000 + laterUs;
  return { type: "delay", counter: counterIn(xtime), delayUs };
}

function atGps({ gpstime }: Fields): DownlinkTiming | undefined {
  return isWhole(gpstime) && gpstime > 0 ? { type: "gps", gpsUs: gpstime } : undefined;
}

function pduIn(pdu: unknown): Uint8Array | undefined {
  if (typeof pdu !== "string" || pdu.length === 0 || pdu.length > 2 * PDU_BYTES_MAX)
    return undefined;
  return /^(?:[\da-f]{2})+$/i.test(pdu) ? new Uint8Array(Buffer.from(pdu, "hex")) : undefined;
}

/** An `xtime` of 0 is none. */
function isCounter(xtime: unknown): xtime is number | bigint {
  return typeof xtime === "bigint" ? xtime > 0n : isWhole(xtime) && xtime > 0;
}

function counterIn(xtime: number | bigint): number {
  return Number(BigInt(xtime) % BigInt(COUNTER_PERIOD_US));
}
