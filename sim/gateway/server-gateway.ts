import type { GpsSeconds } from "#hal/ports.ts";
import type { DataRates, Region } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { type DownlinkAck, type GatewayAir, InProcessGateway } from "./in-process.ts";

/** A LoRa modulation as servers name it. */
export interface LoraRate {
  readonly sf: number;
  readonly bandwidthHz: number;
}

/** What a server is told. Every protocol puts it into words of its own. */
export type GatewayEvent =
  | {
      readonly type: "uplink";
      readonly phyPayload: Uint8Array;
      readonly frequencyHz: number;
      readonly rate: LoraRate;
      readonly uplinkId: number;
      /** The gateway's counter when the uplink ended; comes back with what answers it. */
      readonly counter: number;
      /** µs of GPS time at the end of the uplink. */
      readonly gpsUs: number;
      readonly rssiDbm: number;
      readonly snrDb: number;
    }
  | { readonly type: "ack"; readonly downlinkId: number; readonly statuses: readonly AckStatus[] }
  | {
      readonly type: "stats";
      readonly gpsUs: number;
      readonly received: number;
      readonly asked: number;
      readonly emitted: number;
    };

/** Per item of a downlink. `ignored`: an earlier one went out. */
export type AckStatus = DownlinkAck | "ignored" | "frequency" | "noGpsTime";

/** One way to send a downlink: the first that can be is. */
export interface DownlinkItem {
  readonly phyPayload: Uint8Array;
  readonly frequencyHz: number;
  /** Undefined: no LoRa modulation. */
  readonly rate: LoraRate | undefined;
  readonly timing:
    | { readonly type: "immediately" }
    /** After the uplink whose counter this is. */
    | { readonly type: "delay"; readonly counter: number; readonly delayUs: number }
    | { readonly type: "gps"; readonly gpsUs: number };
}

export interface DownlinkCommand {
  readonly downlinkId: number;
  readonly items: readonly DownlinkItem[];
}

export interface ServerGatewayConfig {
  readonly region: Region;
  readonly gpsAtStart: GpsSeconds;
  readonly statsIntervalS: number;
  /** Whether a frame that is handed over after its GPS time is sent all the same. */
  readonly isLenient: boolean;
}

export interface ServerGatewayIo {
  readonly scheduler: Scheduler;
  readonly emit: (event: GatewayEvent) => void;
  readonly onAir: (downlink: AirDownlink) => void;
}

const IGNORED: AckStatus = "ignored";
/** The counter is 32 bits of microseconds, as on every concentrator. */
const COUNTER_PERIOD = 2 ** 32;

/**
 * A gateway between the simulated air and somebody else's server: what it hears goes to the server,
 * what the server sends goes on the air at the gateway's own time, and each downlink is acknowledged
 * exactly once. The words of a protocol are put to it outside.
 */
export class ServerGateway {
  readonly #config: ServerGatewayConfig;
  readonly #io: ServerGatewayIo;
  readonly #radio: InProcessGateway;
  #uplinkId = 0;
  #received = 0;
  #asked = 0;

  constructor(config: ServerGatewayConfig, air: GatewayAir, io: ServerGatewayIo) {
    this.#config = config;
    this.#io = io;
    this.#radio = new InProcessGateway(io.scheduler, air, io.onAir);
  }

  get airtimeUs(): number {
    return this.#radio.airtimeUs;
  }

  get sent(): number {
    return this.#radio.sent;
  }

  /** Sends the first statistics now: until a server has seen some, a gateway is offline to it. */
  start(): void {
    const { scheduler, emit } = this.#io;
    const received = this.#received;
    emit({
      type: "stats",
      gpsUs: this.#gpsUsAt(scheduler.now),
      received,
      asked: this.#asked,
      emitted: this.#radio.sent,
    });
    scheduler.schedule(scheduler.now + this.#config.statsIntervalS * 1e6, () => this.start());
  }

  /** An uplink that ended now, unless the gateway was sending meanwhile. Returns whether it was heard. */
  receive(
    uplink: AirUplink,
    signal: { readonly rssiDbm: number; readonly snrDb: number },
  ): boolean {
    if (!this.#radio.hears(uplink)) return false;
    const { region } = this.#config;
    const rate = region.uplinkRates[uplink.dr];
    if (rate?.modulation !== "lora") return false;
    this.#received += 1;
    this.#uplinkId = (this.#uplinkId + 1) % COUNTER_PERIOD;
    this.#io.emit({
      type: "uplink",
      phyPayload: uplink.phyPayload,
      frequencyHz: uplink.frequencyHz,
      rate: { sf: rate.sf, bandwidthHz: rate.bandwidthHz },
      uplinkId: this.#uplinkId,
      counter: uplink.endUs % COUNTER_PERIOD,
      gpsUs: this.#gpsUsAt(uplink.endUs),
      ...signal,
    });
    return true;
  }

  /** From the server. */
  command({ downlinkId, items }: DownlinkCommand): void {
    this.#asked += 1;
    this.#try(downlinkId, items, []);
  }

  #try(downlinkId: number, items: readonly DownlinkItem[], statuses: readonly AckStatus[]): void {
    const item = items[statuses.length];
    const answer = (next: readonly AckStatus[]) =>
      this.#io.emit({ type: "ack", downlinkId, statuses: next });
    if (item === undefined) {
      answer(statuses);
      return;
    }
    this.#send(item, (status) => {
      const next = [...statuses, status];
      if (status === "ok") answer([...next, ...items.slice(next.length).map(() => IGNORED)]);
      else this.#try(downlinkId, items, next);
    });
  }

  #send(item: DownlinkItem, ack: (status: AckStatus) => void): void {
    const { region, isLenient } = this.#config;
    const { now } = this.#io.scheduler;
    const { timing, phyPayload, frequencyHz } = item;
    const dr = item.rate && drOf(region.downlinkRates, item.rate);
    if (dr === undefined) {
      ack("frequency");
      return;
    }
    const request = { phyPayload, dr, frequencyHz };
    if (timing.type === "immediately") {
      this.#radio.transmit({ ...request, timing }, ack);
      return;
    }
    const wantedUs =
      timing.type === "delay"
        ? this.#worldUsOf(timing.counter, timing.delayUs)
        : timing.gpsUs - this.#config.gpsAtStart * 1e6;
    const us = timing.type === "gps" && isLenient ? Math.max(wantedUs, now) : wantedUs;
    this.#radio.transmit({ ...request, timing: { type: "at", us } }, ack);
  }

  /** A counter value is of the recent past: it wraps every 72 minutes. */
  #worldUsOf(counter: number, delayUs: number): WorldUs {
    const { now } = this.#io.scheduler;
    const ago = (((now - counter) % COUNTER_PERIOD) + COUNTER_PERIOD) % COUNTER_PERIOD;
    return now - ago + delayUs;
  }

  #gpsUsAt(us: WorldUs): number {
    return this.#config.gpsAtStart * 1e6 + us;
  }
}

function drOf(rates: DataRates, { sf, bandwidthHz }: LoraRate): number | undefined {
  const dr = rates.findIndex(
    (rate) => rate?.modulation === "lora" && rate.sf === sf && rate.bandwidthHz === bandwidthHz,
  );
  return dr < 0 ? undefined : dr;
}
