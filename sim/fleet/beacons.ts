import type { GpsSeconds } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { type LossModel, lossModel } from "#sim/air/loss.ts";
import { timeOnAirUs } from "#sim/air/time-on-air.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { encodeBeacon } from "#sim/mac/beacon-frame.ts";
import { BEACON_PERIOD_US, beaconTimeAt } from "#sim/mac/beacon-timing.ts";
import { Outages } from "./outages.ts";
import type { Member } from "./spawn.ts";

export interface BeaconsInput {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly gpsAtStart: GpsSeconds;
  readonly scheduler: Scheduler;
  /** Keeps their transmitters free. */
  readonly reserve: (startUs: WorldUs, endUs: WorldUs) => void;
  readonly members: readonly Member[];
  /** All gateways that the device might hear are silent. */
  readonly isOut: (now: WorldUs, member: Member) => boolean;
}

/** Whether anybody in it listens for beacons. */
export function hasBeacons({
  campaign,
  devices,
}: Pick<ResolvedScenario, "campaign" | "devices">): boolean {
  const isUnicast = devices.kinds.some(({ device }) => device.unicastClass === "B");
  return isUnicast || campaign.sessionClass === "B";
}

const BEACON_PREAMBLE_SYMBOLS = 10;

/** The beacons of all gateways, at once: one every 128 s of GPS time, for the devices that look for them. */
export class Beacons {
  readonly #input: BeaconsInput;
  readonly #outages: Outages;
  readonly #losses: readonly LossModel[];
  readonly #airtimeUs: number;
  #count = 0;

  constructor(input: BeaconsInput) {
    const { scenario, seed, members } = input;
    this.#input = input;
    this.#outages = new Outages(scenario.air.beaconOutages);
    this.#losses = members.map(({ node }) =>
      lossModel(scenario.air.beaconLoss, drawKey(seed, node.id, "beaconLoss"), node.id),
    );
    this.#airtimeUs = beaconAirtimeUs(scenario.regional.region);
  }

  start(): void {
    const { gpsAtStart, scheduler } = this.#input;
    const gpsUs = gpsAtStart * 1e6 + scheduler.now;
    const untilUs = BEACON_PERIOD_US - (gpsUs % BEACON_PERIOD_US);
    this.#plan(scheduler.now + untilUs);
  }

  onFragment(n: number, now: WorldUs): void {
    this.#outages.onFragment(n, now);
  }

  #plan(startUs: WorldUs): void {
    const { reserve, scheduler } = this.#input;
    const endUs = startUs + this.#airtimeUs;
    reserve(startUs, endUs);
    scheduler.schedule(endUs, () => {
      this.#onAir(startUs);
      this.#plan(startUs + BEACON_PERIOD_US);
    });
  }

  #onAir(startUs: WorldUs): void {
    const { scenario, gpsAtStart, members, isOut } = this.#input;
    const { sizeBytes } = scenario.regional.region.classB.beacon;
    const time = beaconTimeAt(gpsAtStart * 1e6 + startUs) % 2 ** 32;
    const bytes = encodeBeacon(sizeBytes, time);
    const isSent = !this.#outages.isOut(startUs);
    const counter = this.#count++;
    for (const [index, member] of members.entries()) {
      const { node, mac } = member;
      if (!mac.isClassB || !node.isListening) continue;
      const isOnAir = isSent && !isOut(startUs, member);
      const isHeard = isOnAir && this.#losses[index]?.lost(counter) === false;
      const isGone = mac.onBeacon(isHeard ? bytes : undefined, startUs);
      if (isGone) node.log("class B lost: two hours without a beacon");
    }
  }
}

/** No header, no CRC, ten symbols of preamble (TS001, class B). */
export function beaconAirtimeUs({ classB, downlinkRates }: BeaconRegion): number {
  const { dr, sizeBytes } = classB.beacon;
  const rate = downlinkRates[dr];
  if (rate?.modulation !== "lora") throw new RangeError(`beacons at DR${dr}`);
  const { sf, bandwidthHz } = rate;
  const preambleSymbols = BEACON_PREAMBLE_SYMBOLS;
  const frame = { sf, bandwidthHz, payloadBytes: sizeBytes, preambleSymbols };
  return timeOnAirUs({ ...frame, header: false, crc: false });
}

type BeaconRegion = Pick<ResolvedScenario["regional"]["region"], "classB" | "downlinkRates">;
