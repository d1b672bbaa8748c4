import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { CAPTURE } from "#sim/air/capture.ts";
import type { AirDownlink, AirUplink, DownlinkRequest } from "#sim/air/frames.ts";
import type { LossModel } from "#sim/air/loss.ts";
import { UplinkReception } from "#sim/air/uplink-reception.ts";
import { InProcessGateway } from "#sim/gateway/in-process.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { gatewayAir } from "./gateway-air.ts";
import { Outages } from "./outages.ts";
import { sharedLossAt } from "./per-gateway.ts";
import type { Member } from "./spawn.ts";

/** One gateway of a cell, and what of the air is its own. */
interface CellGateway {
  readonly radio: InProcessGateway;
  /** Lost at the gateway: for all who hear it. */
  readonly sharedLoss: LossModel;
  readonly outages: Outages;
  readonly reception: UplinkReception | undefined;
  sharedFrames: number;
}

/** An uplink on its way to the gateways; asked at its end who heard it best. */
export type Flight = (now: WorldUs) => number | undefined;

/** The gateways of a cell. Each has its own transmitter, demodulators, duty cycle, losses and outages. */
export class CellGateways {
  readonly #gateways: readonly CellGateway[];

  constructor(
    scenario: ResolvedScenario,
    seed: number,
    cellKey: number,
    scheduler: Scheduler,
    onAir: (gateway: number, downlink: AirDownlink) => void,
  ) {
    const { outages, radio } = scenario.air;
    this.#gateways = Array.from({ length: scenario.campaign.gateways }, (_, index) => {
      const own = outages.filter(({ gateway = index }) => gateway === index);
      const hear = (downlink: AirDownlink) => onAir(index, downlink);
      return {
        radio: new InProcessGateway(scheduler, gatewayAir(scenario), hear),
        sharedLoss: sharedLossAt(scenario.air, seed, cellKey, index),
        outages: new Outages(own),
        reception: radio && new UplinkReception(CAPTURE[radio.capture], radio.demodulators),
        sharedFrames: 0,
      };
    });
  }

  get count(): number {
    return this.#gateways.length;
  }

  /** Of all of them. */
  get airtimeUs(): number {
    return this.#gateways.reduce((sum, { radio }) => sum + radio.airtimeUs, 0);
  }

  transmit(request: DownlinkRequest, ack: (isSent: boolean) => void): void {
    this.#at(request.gateway ?? 0).radio.transmit(request, (said) => ack(said === "ok"));
  }

  /** Keeps all transmitters free for a beacon. */
  reserve(startUs: WorldUs, endUs: WorldUs): void {
    for (const { radio } of this.#gateways) radio.reserve(startUs, endUs);
  }

  isOut(gateway: number, now: WorldUs): boolean {
    return this.#at(gateway).outages.isOut(now);
  }

  areAllOut(now: WorldUs): boolean {
    return this.#gateways.every(({ outages }) => outages.isOut(now));
  }

  /** Whether the next multicast frame of a gateway is lost there. Asked once for each. */
  losesForAll(gateway: number, now: WorldUs): boolean {
    const one = this.#at(gateway);
    const isShared = one.sharedLoss.lost(one.sharedFrames++);
    return one.outages.isOut(now) || isShared;
  }

  onFragment(n: number, now: WorldUs): void {
    for (const { outages } of this.#gateways) outages.onFragment(n, now);
  }

  /** An uplink begins. `frame` counts those of its device. */
  begin(
    { links, unicastLosses }: Pick<Member, "links" | "unicastLosses">,
    uplink: AirUplink,
    frame: number,
  ): Flight {
    const heard = this.#gateways.map(({ reception }, index) => {
      const signal = links[index]?.signalOf(uplink, frame);
      return { dbm: signal?.dbm ?? 0, lossOf: signal && reception?.begin(signal) };
    });
    return (now) => {
      let best: number | undefined;
      for (const [index, { dbm, lossOf }] of heard.entries()) {
        const { radio, outages } = this.#at(index);
        if (unicastLosses[index]?.lost(frame) === true) continue;
        if (!radio.hears(uplink) || outages.isOut(now) || lossOf?.() !== undefined) continue;
        if (best === undefined || dbm > (heard[best]?.dbm ?? 0)) best = index;
      }
      return best;
    };
  }

  #at(index: number): CellGateway {
    const gateway = this.#gateways[index];
    if (gateway === undefined) throw new RangeError(`gateway ${index}`);
    return gateway;
  }
}
