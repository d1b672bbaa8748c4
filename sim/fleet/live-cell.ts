import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { type HeardSignal, heardSignal } from "#sim/air/heard-signal.ts";
import type { LossModel } from "#sim/air/loss.ts";
import type { ServerGateway, ServerGatewayConfig } from "#sim/gateway/server-gateway.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { AirLog } from "./air-record.ts";
import { addressOf, fCntOf } from "./frame-heads.ts";
import { gatewayLocationOf } from "./gateway-locations.ts";
import type { Outages } from "./outages.ts";
import { cellKey, purposeAt } from "./per-gateway.ts";
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
}

/** Devices of a live fleet, and the gateways that hear each of them. */
export class LiveCell {
  readonly members: readonly Member[];
  readonly gateways: readonly LiveGateway[];
  readonly #airLogs: ReadonlyMap<Member, AirLog>;
  /** Sessions by address; several devices may share one. */
  readonly #byDevAddr = new Map<number, readonly Member[]>();
  /** Who had a multicast frame on the air first, by address and counter. */
  readonly #firstOf = new Map<string, LiveGateway>();

  constructor(members: readonly Member[], gateways: readonly LiveGateway[]) {
    this.members = members;
    this.gateways = gateways;
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
export function characterOf(
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
export function counterStartOf(
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
const ALONE = [heardSignal(STRONGEST_DBM)];

/** How strong the uplinks of a device are at each gateway of its cell: well, if that is the only one. */
export function signalsOf(
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
