import {
  COUNTER_PERIOD_US,
  type DownlinkItemFacts,
  type DownlinkTiming,
  type SentAt,
  type StatsFacts,
  type TxAckName,
  type UplinkFacts,
} from "#hal/gateway-port.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { ResolvedGateway } from "#scenarios/air-defaults.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { drOfRate } from "#sim/air/regional.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { type GatewayAir, InProcessGateway } from "./in-process.ts";

/** What a server is told. Every protocol puts it into words of its own. */
export type GatewayEvent =
  | ({ readonly type: "uplink" } & UplinkFacts)
  | {
      readonly type: "ack";
      readonly downlinkId: number;
      readonly statuses: readonly TxAckName[];
      /** Undefined: nothing went out. */
      readonly sentAt: SentAt | undefined;
    }
  | ({ readonly type: "stats" } & StatsFacts);

/** From a server: ways to send a downlink, of which the first that can be is taken. */
export interface DownlinkCommand {
  readonly downlinkId: number;
  readonly items: readonly DownlinkItemFacts[];
}

export interface ServerGatewayConfig {
  readonly region: Region;
  readonly gpsAtStart: GpsSeconds;
  readonly statsIntervalS: number;
  /** Whether a frame that is handed over after its GPS time is sent all the same. */
  readonly isLenient: boolean;
  /** A packet forwarder acknowledges what it has booked, a Basics Station what is on the air. */
  readonly acknowledges: "booked" | "onAir";
  /** How it behaves towards its server; well, if left out. */
  readonly behaviour?: ResolvedGateway;
}

export interface ServerGatewayIo {
  readonly scheduler: Scheduler;
  readonly emit: (event: GatewayEvent) => void;
  readonly onAir: (downlink: AirDownlink) => void;
}

const IGNORED: TxAckName = "ignored";
const TOO_LATE: TxAckName = "tooLate";
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

  /** Keeps the transmitter free for a beacon: a gateway with GPS sends it by itself. */
  reserve(startUs: WorldUs, endUs: WorldUs): void {
    this.#radio.reserve(startUs, endUs);
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
    this.#uplinkId = (this.#uplinkId + 1) % COUNTER_PERIOD_US;
    this.#io.emit({
      type: "uplink",
      phyPayload: uplink.phyPayload,
      frequencyHz: uplink.frequencyHz,
      rate: { sf: rate.sf, bandwidthHz: rate.bandwidthHz },
      uplinkId: this.#uplinkId,
      counterUs: this.#counterUsAt(uplink.endUs),
      gpsUs: this.#gpsUsAt(uplink.endUs),
      ...signal,
    });
    return true;
  }

  /** From the server. */
  command({ downlinkId, items }: DownlinkCommand): void {
    this.#asked += 1;
    if (this.#acks !== "refused") {
      this.#try(downlinkId, items, []);
      return;
    }
    const statuses = items.map(() => TOO_LATE);
    this.#io.emit({ type: "ack", downlinkId, statuses, sentAt: undefined });
  }

  #try(
    downlinkId: number,
    items: readonly DownlinkItemFacts[],
    statuses: readonly TxAckName[],
  ): void {
    const item = items[statuses.length];
    if (item === undefined) {
      if (this.#acks === "none") return;
      this.#io.emit({ type: "ack", downlinkId, statuses, sentAt: undefined });
      return;
    }
    this.#send(item, (status, startUs) => {
      const next = [...statuses, status];
      if (startUs === undefined) this.#try(downlinkId, items, next);
      else
        this.#acknowledge(
          downlinkId,
          [...next, ...items.slice(next.length).map(() => IGNORED)],
          startUs,
        );
    });
  }

  #acknowledge(downlinkId: number, statuses: readonly TxAckName[], startUs: WorldUs): void {
    const { scheduler, emit } = this.#io;
    if (this.#acks === "none") return;
    const sentAt = { counterUs: this.#counterUsAt(startUs), gpsUs: this.#gpsUsAt(startUs) };
    const say = () => emit({ type: "ack", downlinkId, statuses, sentAt });
    if (this.#config.acknowledges === "booked") say();
    else scheduler.schedule(startUs, say);
  }

  #send(item: DownlinkItemFacts, ack: (status: TxAckName, startUs?: WorldUs) => void): void {
    const { region, isLenient } = this.#config;
    const { now } = this.#io.scheduler;
    const { timing, phyPayload, frequencyHz } = item;
    const dr = item.rate && drOfRate(region.downlinkRates, item.rate);
    if (dr === undefined) {
      ack("frequency");
      return;
    }
    const request = { phyPayload, dr, frequencyHz };
    if (timing.type === "immediately") {
      this.#radio.transmit({ ...request, timing }, ack);
      return;
    }
    const wantedUs = this.#worldUsOf(timing);
    const us = timing.type === "gps" && isLenient ? Math.max(wantedUs, now) : wantedUs;
    this.#radio.transmit({ ...request, timing: { type: "at", us } }, ack);
  }

  /** A counter wraps every 72 minutes: an uplink's is of the past, one to send at is the nearest. */
  #worldUsOf(timing: Exclude<DownlinkTiming, { readonly type: "immediately" }>): WorldUs {
    const { now } = this.#io.scheduler;
    switch (timing.type) {
      case "gps":
        return timing.gpsUs - this.#gpsUsAt(0);
      case "delay":
        return now - wrapped(this.#counterUsAt(now) - timing.counter) + timing.delayUs;
      case "counter": {
        const ahead = wrapped(timing.counter - this.#counterUsAt(now));
        return now + (ahead < COUNTER_PERIOD_US / 2 ? ahead : ahead - COUNTER_PERIOD_US);
      }
      default:
        return timing satisfies never;
    }
  }

  #gpsUsAt(us: WorldUs): number {
    const { gpsAtStart, behaviour } = this.#config;
    return (gpsAtStart + (behaviour?.gpsErrorS ?? 0)) * 1e6 + us;
  }

  #counterUsAt(us: WorldUs): number {
    const restartUs = (this.#config.behaviour?.counterRestartS ?? 0) * 1e6;
    return us < restartUs ? us : us - restartUs;
  }

  get #acks(): ResolvedGateway["acks"] {
    const { acks = "sent", forS = Number.POSITIVE_INFINITY } = this.#config.behaviour ?? {};
    return this.#io.scheduler.now < forS * 1e6 ? acks : "sent";
  }
}

function wrapped(us: number): number {
  return ((us % COUNTER_PERIOD_US) + COUNTER_PERIOD_US) % COUNTER_PERIOD_US;
}
