import { hexOf } from "./hex-text.ts";
import type { Signal } from "./modem-radio.ts";
import type { ModemProfile } from "./profiles.ts";

interface Downlink extends Signal {
  readonly fPort: number;
  readonly payload: Uint8Array;
}
type Link = { readonly marginDb: number; readonly gateways: number } | undefined;

/** How a generation of RAK's firmware says things. */
export interface RakWords {
  /** Values without their name, and an empty line before each status. */
  readonly isBare: boolean;
  readonly restricted: string;
  hex(upper: string): string;
  joinFailed(reason: "rxTimeout" | "txTimeout"): string;
  confirmed(isOk: boolean): string;
  time(isOk: boolean): string;
  link(link: Link, signal: Signal | undefined): string;
  received(window: string, downlink: Downlink, cast: string): readonly string[];
}

export function rakWords({ family }: ModemProfile): RakWords {
  return family === "rui3" ? rui3 : legacy;
}

const numbers = (link: Link, signal: Signal | undefined): readonly number[] => {
  if (link === undefined) return [1, 0, 0, 0, 0];
  return [0, link.marginDb, link.gateways, signal?.rssiDbm ?? 0, signal?.snrDb ?? 0];
};

const rui3: RakWords = {
  isBare: false,
  restricted: "AT_BUSY_ERROR",
  hex: (upper) => upper,
  joinFailed: (reason) => `+EVT:JOIN_FAILED_${reason === "rxTimeout" ? "RX" : "TX"}_TIMEOUT`,
  confirmed: (isOk) => (isOk ? "+EVT:SEND_CONFIRMED_OK" : "+EVT:SEND_CONFIRMED_FAILED(4)"),
  time: (isOk) => (isOk ? "+EVT:TIMEREQ_OK" : "+EVT:TIMEREQ_FAILED"),
  link: (link, signal) => `+EVT:LINKCHECK:${numbers(link, signal).join(":")}`,
  received: (window, { rssiDbm, snrDb, fPort, payload }, cast) => [
    `+EVT:RX_${window}:${rssiDbm}:${snrDb}:${cast}:${fPort}:${hexOf(payload).toLowerCase()}`,
  ],
};

const legacy: RakWords = {
  isBare: true,
  // As it is spelt there.
  restricted: "AT_DUTYCYLE_RESTRICTED",
  hex: (upper) => upper.toLowerCase(),
  joinFailed: () => "+EVT:JOIN FAILED",
  confirmed: (isOk) => (isOk ? "+EVT:SEND CONFIRMED OK" : "+EVT:SEND CONFIRMED FAILED"),
  time: (isOk) => (isOk ? "+EVT:TIMEREQ OK" : "+EVT:TIMEREQ FAILED"),
  link: (link, signal) => `+EVT:LINKCHECK:${numbers(link, signal).join(",")}`,
  received: (window, { rssiDbm, snrDb, fPort, payload }, cast) => [
    `+EVT:RX_${window}, RSSI ${rssiDbm}, SNR ${snrDb}`,
    cast === "UNICAST" ? "+EVT:UNICAST" : "+EVT:MULCAST MC1",
    `+EVT:${fPort}:${hexOf(payload).toLowerCase()}`,
  ],
};
