import type { AirDownlink, AirUplink, DownlinkRequest } from "#sim/air/frames.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";

/** What a gateway says of a downlink it was asked to send (the acks of the Semtech protocols). */
export type DownlinkAck = "ok" | "tooLate" | "collision" | "dutyCycle" | "queueFull";

/** `startUs` of a frame that goes out. */
export type OnDownlinkAck = (result: DownlinkAck, startUs?: WorldUs) => void;

export interface GatewayAir {
  /** Exact time on air of a downlink, in µs. */
  downlinkAirtimeUs(dr: number, phyBytes: number): number;
  /** Earliest start that the duty cycle of the band allows. */
  earliestStartUs(frequencyHz: number, now: WorldUs): WorldUs;
  spend(frequencyHz: number, startUs: WorldUs, airtimeUs: number): void;
}

interface Queued {
  readonly request: DownlinkRequest;
  readonly ack: OnDownlinkAck;
}

const QUEUE_MAX = 32;

/**
 * One half-duplex gateway with one transmit chain.
 *
 * Timed downlinks (class A) are sent at their time or not at all. Immediate ones (class C) queue,
 * first in first out, and wait for the transmitter and for the duty cycle of their band.
 */
export class InProcessGateway {
  readonly #scheduler: Scheduler;
  readonly #air: GatewayAir;
  readonly #onAir: (downlink: AirDownlink) => void;
  readonly #queue: Queued[] = [];
  /** Transmissions promised, running or just over; disjoint. */
  #booked: { readonly startUs: WorldUs; readonly endUs: WorldUs }[] = [];
  /** When the head of the queue may go; what has passed says nothing. */
  #pumpAt: WorldUs = 0;
  airtimeUs = 0;
  sent = 0;

  constructor(scheduler: Scheduler, air: GatewayAir, onAir: (downlink: AirDownlink) => void) {
    this.#scheduler = scheduler;
    this.#air = air;
    this.#onAir = onAir;
  }

  transmit(request: DownlinkRequest, ack: OnDownlinkAck): void {
    if (request.timing.type === "at") {
      this.#transmitAt(request, request.timing.us, ack);
      return;
    }
    if (this.#queue.length >= QUEUE_MAX) {
      ack("queueFull");
      return;
    }
    this.#queue.push({ request, ack });
    this.#pump();
  }

  /** Half duplex: an uplink is heard only if nothing was sent while it was on the air. */
  hears(uplink: AirUplink): boolean {
    return !this.#booked.some((span) => span.startUs < uplink.endUs && uplink.startUs < span.endUs);
  }

  /** Keeps the transmitter free for a beacon. */
  reserve(startUs: WorldUs, endUs: WorldUs): void {
    this.#booked.push({ startUs, endUs });
  }

  #transmitAt(request: DownlinkRequest, startUs: WorldUs, ack: OnDownlinkAck): void {
    if (startUs < this.#scheduler.now) {
      ack("tooLate");
      return;
    }
    const endUs = startUs + this.#air.downlinkAirtimeUs(request.dr, request.phyPayload.length);
    if (this.#isBusy(startUs, endUs)) {
      ack("collision");
      return;
    }
    if (this.#air.earliestStartUs(request.frequencyHz, startUs) > startUs) {
      ack("dutyCycle");
      return;
    }
    this.#emit(request, startUs, endUs);
    ack("ok", startUs);
  }

  #isBusy(startUs: WorldUs, endUs: WorldUs): boolean {
    return this.#booked.some((span) => span.startUs < endUs && startUs < span.endUs);
  }

  #pump(): void {
    const head = this.#queue[0];
    if (head === undefined) return;
    const { now } = this.#scheduler;
    const airtimeUs = this.#air.downlinkAirtimeUs(head.request.dr, head.request.phyPayload.length);
    let startUs = this.#air.earliestStartUs(head.request.frequencyHz, now);
    for (const span of this.#booked) {
      if (span.startUs < startUs + airtimeUs && startUs < span.endUs) startUs = span.endUs;
    }
    if (startUs > now) {
      if (this.#pumpAt > now) return;
      this.#pumpAt = startUs;
      this.#scheduler.schedule(startUs, () => this.#pump());
      return;
    }
    this.#queue.shift();
    this.#emit(head.request, now, now + airtimeUs);
    head.ack("ok", now);
    this.#pump();
  }

  #emit(request: DownlinkRequest, startUs: WorldUs, endUs: WorldUs): void {
    const { now } = this.#scheduler;
    this.#air.spend(request.frequencyHz, startUs, endUs - startUs);
    this.#booked = this.#booked.filter((span) => span.endUs + UPLINK_AIRTIME_MAX_US > now);
    this.#booked.push({ startUs, endUs });
    this.airtimeUs += endUs - startUs;
    this.sent += 1;
    const { phyPayload, dr, frequencyHz } = request;
    const downlink: AirDownlink = { phyPayload, dr, frequencyHz, startUs, endUs };
    this.#scheduler.schedule(endUs, () => this.#onAir(downlink));
  }
}

/** A transmission is remembered until no uplink that overlapped it can still end. */
const UPLINK_AIRTIME_MAX_US = 4_000_000;
