import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { CAPTURE } from "#sim/air/capture.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { type HeardSignal, heardSignal } from "#sim/air/heard-signal.ts";
import type { LossModel } from "#sim/air/loss.ts";
import { type UplinkLoss, UplinkReception } from "#sim/air/uplink-reception.ts";
import {
  ServerGateway,
  type ServerGatewayConfig,
  type ServerGatewayIo,
} from "#sim/gateway/server-gateway.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { AirLog } from "./air-record.ts";
import { addressOf, fCntOf } from "./frame-heads.ts";
import { gatewayAir } from "./gateway-air.ts";
import { gatewayLocationOf } from "./gateway-locations.ts";
import { Outages } from "./outages.ts";
import { cellKey, purposeAt, sharedLossAt } from "./per-gateway.ts";
import type { Member } from "./spawn.ts";

/** A gateway of a live fleet. */
export interface LiveGateway {
  /** Within its cell, from 0. */
  readonly place: number;
  readonly gateway: ServerGateway;
  readonly outages: Outages;
  /** Lost at the gateway: for all who hear it. */
  readonly sharedLoss: LossModel;
  sharedFrames: number;
  /** Undefined: no radio model, all is heard. */
  readonly reception: UplinkReception | undefined;
}

/** An uplink on its way to one gateway. `lossOf`: asked at its end. */
interface Flight {
  readonly to: LiveGateway;
  readonly signal: HeardSignal;
  readonly lossOf: (() => UplinkLoss | undefined) | undefined;
}

export interface LiveGatewayInput {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly config: Omit<ServerGatewayConfig, "behaviour" | "counterStartUs" | "location">;
}

/** The gateway with this number over all cells. */
export function newLiveGateway(
  { scenario, seed, config }: LiveGatewayInput,
  index: number,
  io: ServerGatewayIo,
): LiveGateway {
  const inCell = scenario.campaign.gateways;
  const cell = Math.floor(index / inCell);
  const place = index % inCell;
  const counterStartUs = counterStartOf(scenario, seed, cell, place);
  const { outages, radio } = scenario.air;
  return {
    place,
    gateway: new ServerGateway(
      { ...config, ...characterOf(scenario, seed, index), counterStartUs },
      gatewayAir(scenario),
      io,
    ),
    outages: new Outages(outages.filter(({ gateway = place }) => gateway === place)),
    sharedLoss: sharedLossAt(scenario.air, seed, cellKey(cell), place),
    sharedFrames: 0,
    reception: radio && new UplinkReception(CAPTURE[radio.capture], radio.demodulators),
  };
}

/** Devices of a live fleet, and the gateways that hear each of them. */
export class LiveCell {
  readonly members: readonly Member[];
  readonly gateways: readonly LiveGateway[];
  readonly #airLogs: ReadonlyMap<Member, AirLog>;
  /** Of uplinks at each gateway, where no radio model says it. */
  readonly #signals: ReadonlyMap<Member, readonly HeardSignal[]>;
  /** Sessions by address; several devices may share one. */
  readonly #byDevAddr = new Map<number, readonly Member[]>();
  /** Who had a multicast frame on the air first, by address and counter. */
  readonly #firstOf = new Map<string, LiveGateway>();

  constructor(
    scenario: ResolvedScenario,
    seed: number,
    members: readonly Member[],
    gateways: readonly LiveGateway[],
  ) {
    this.members = members;
    this.gateways = gateways;
    this.#signals = new Map(
      members.map((member) => [member, signalsOf(scenario, seed, member.node.id)]),
    );
    this.#airLogs = new Map(members.map((member) => [member, new AirLog()]));
  }

  airLogOf(member: Member): AirLog | undefined {
    return this.#airLogs.get(member);
  }

  /** Whether a frame may come by more than one gateway. */
  get hasCopies(): boolean {
    return this.gateways.length > 1;
  }

  /** A multicast frame came through to a device: what its copies came to does not matter. */
  hear(member: Member, fCnt: number): void {
    this.airLogOf(member)?.hear(fCnt);
    member.node.observed.countHeard(fCnt);
  }

  /** An uplink begins, for each gateway that does not lose it. `frame` counts those of its device. */
  begin(member: Member, uplink: AirUplink, frame: number): readonly Flight[] {
    const drawn = this.#signals.get(member);
    const flights = this.gateways.map((gateway) => {
      const { place, reception } = gateway;
      const seen = member.links[place]?.signalOf(uplink, frame);
      const signal = seen === undefined ? drawn?.[place] : heardSignal(seen.dbm, seen.bandwidthHz);
      const lossOf = seen && reception?.begin(seen);
      return { to: gateway, signal: signal ?? STRONG, lossOf };
    });
    return flights.filter(({ to }) => member.unicastLosses[to.place]?.lost(frame) !== true);
  }

  /** Devices whose session has this address. */
  sessionsAt(devAddr: number): readonly Member[] {
    const known = this.#byDevAddr.get(devAddr);
    if (known?.every(({ mac }) => mac.devAddr === devAddr)) return known;
    const found = this.members.filter(({ mac }) => mac.devAddr === devAddr);
    if (found.length > 0) this.#byDevAddr.set(devAddr, found);
    return found;
  }

  /** Whether no other gateway had this multicast frame on the air before. */
  isFirst(gateway: LiveGateway, { phyPayload }: AirDownlink): boolean {
    if (!this.hasCopies) return true;
    const frame = `${addressOf(phyPayload)} ${fCntOf(phyPayload)}`;
    const first = this.#firstOf.get(frame) ?? gateway;
    this.#firstOf.set(frame, first);
    return first === gateway;
  }
}

/** The devices of cell `index`. */
export function membersOf(all: readonly Member[], index: number, cells: number): readonly Member[] {
  return all.filter(({ node }) => node.id % cells === index);
}

/** Gateways take turns in how they behave, and each has its place. */
function characterOf(
  scenario: ResolvedScenario,
  seed: number,
  index: number,
): Pick<ServerGatewayConfig, "behaviour" | "location"> {
  const { gateways } = scenario.air;
  const behaviour = gateways[index % gateways.length];
  const location = gatewayLocationOf(scenario, seed, index);
  return {
    ...(behaviour === undefined ? {} : { behaviour }),
    ...(location === undefined ? {} : { location }),
  };
}

/** Gateways that hear the same devices were switched on at different times, as everywhere. */
function counterStartOf(
  { campaign: { gateways } }: ResolvedScenario,
  seed: number,
  cell: number,
  place: number,
): number {
  if (gateways === 1) return 0;
  return drawBelow(drawKey(seed, cellKey(cell), purposeAt("counterStart", place)), 0, 2 ** 32);
}

const STRONGEST_DBM = -60;
const SPREAD_DB = 61;
/** What is said when no radio model says it. */
export const STRONG = heardSignal(STRONGEST_DBM);
const ALONE = [STRONG];

/** How strong the uplinks of a device are at each gateway of its cell: well, if that is the only one. */
function signalsOf(
  { campaign: { gateways } }: ResolvedScenario,
  seed: number,
  id: number,
): readonly HeardSignal[] {
  if (gateways === 1) return ALONE;
  return Array.from({ length: gateways }, (_, place) =>
    heardSignal(
      STRONGEST_DBM - drawBelow(drawKey(seed, id, purposeAt("signal", place)), 0, SPREAD_DB),
    ),
  );
}
