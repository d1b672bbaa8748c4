/** What a gateway and a server tell each other, in no protocol's words. */

/** A LoRa modulation as servers name it. */
export interface LoraRate {
  readonly sf: number;
  readonly bandwidthHz: number;
}

/** An uplink that a gateway heard. */
export interface UplinkFacts {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly rate: LoraRate;
  readonly uplinkId: number;
  /** The gateway's counter when the uplink ended, in µs, not wrapped. */
  readonly counterUs: number;
  /** µs of GPS time at the end of the uplink. */
  readonly gpsUs: number;
  readonly rssiDbm: number;
  readonly snrDb: number;
}

/** Where a gateway is: WGS 84 in degrees, height in metres. */
export interface GatewayLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
}

/** Counted since the start. */
export interface StatsFacts {
  readonly gpsUs: number;
  readonly received: number;
  readonly asked: number;
  readonly emitted: number;
  /** Left out: it does not know. */
  readonly location?: GatewayLocation;
}

/** The counter of most protocols has 32 bits. */
export const COUNTER_PERIOD_US = 2 ** 32;

/** Counters are wrapped at {@link COUNTER_PERIOD_US}. */
export type DownlinkTiming =
  | { readonly type: "immediately" }
  /** After the uplink whose counter this is. */
  | { readonly type: "delay"; readonly counter: number; readonly delayUs: number }
  /** When the counter says so. */
  | { readonly type: "counter"; readonly counter: number }
  | { readonly type: "gps"; readonly gpsUs: number };

/** One way to send a downlink. */
export interface DownlinkItemFacts {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  /** Undefined: no LoRa modulation. */
  readonly rate: LoraRate | undefined;
  readonly timing: DownlinkTiming;
}

/** When a frame went on the air, by the gateway's counter and by GPS. */
export interface SentAt {
  readonly counterUs: number;
  readonly gpsUs: number;
}

/** What became of one way. `ignored`: an earlier one went out. */
export type TxAckName =
  | "ok"
  | "ignored"
  | "tooLate"
  | "collision"
  | "frequency"
  | "noGpsTime"
  | "queueFull"
  | "dutyCycle";

/** An uplink as a server is told of it. */
export interface HeardUplink {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  readonly rate: LoraRate;
  readonly context: UplinkContext;
  /** µs; undefined: the gateway does not know what time it is. */
  readonly gpsUs: number | undefined;
}

/** When and by what a gateway heard an uplink, in its own words: its answer goes back with them. */
export interface UplinkContext {
  /** Of the counter, as the gateway writes it. */
  readonly counter: bigint;
  readonly antenna: number;
}

/** One window of a device, or of a group that listens all the time. */
export interface DownlinkWay {
  readonly frequencyHz: number;
  readonly rate: LoraRate;
  /** From the uplink whose context this is; 0 if there is none. */
  readonly delayUs: number;
}

/** What a server asks of a gateway. */
export interface ServerDownlink {
  readonly downlinkId: number;
  readonly phyPayload: Uint8Array;
  /** Undefined: at `gpsUs`, or as soon as the gateway can. */
  readonly context: UplinkContext | undefined;
  /** µs of GPS time at which it begins: a ping slot. */
  readonly gpsUs?: number | undefined;
  /** Alternatives, in order; at least one. Not every protocol can say more than the first. */
  readonly ways: readonly [DownlinkWay, ...DownlinkWay[]];
}
