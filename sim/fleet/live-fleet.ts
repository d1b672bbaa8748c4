import type { LoraRate } from "#hal/gateway-port.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import type { LossModel } from "#sim/air/loss.ts";
import { drOfRate } from "#sim/air/regional.ts";
import {
  type DownlinkCommand,
  type GatewayEvent,
  ServerGateway,
} from "#sim/gateway/server-gateway.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { newServerDevice } from "#sim/server/server-device.ts";
import { AirLog, type AirRecord } from "./air-record.ts";
import { Beacons, hasBeacons } from "./beacons.ts";
import type { CellAirtime, CellInput } from "./cell.ts";
import { FaultPlan } from "./faults.ts";
import { addressOf, fCntOf } from "./frame-heads.ts";
import { gatewayAir } from "./gateway-air.ts";
import type { Tap } from "./live-tap.ts";
import { Outages } from "./outages.ts";
import { cellKey, sharedLossAt } from "./per-gateway.ts";
import { type Member, type SpawnContext, Spawner } from "./spawn.ts";

/** Join accept (TS001 §4.2.1). */
const MTYPE_JOIN_ACCEPT = 1;
/** What a gateway says of a signal when no radio model says it. */
const GOOD_SIGNAL = { rssiDbm: -60, snrDb: 8 };

/** What a world is made of, whose ever the server is. */
type WorldInput = Pick<
  CellInput,
  "scenario" | "seed" | "members" | "firmware" | "factoryImage" | "updateHash" | "crypto"
>;

export interface LiveFleetInput extends WorldInput {
  /** When this world begins. */
  readonly gpsAtStart: GpsSeconds;
  readonly gateways: number;
  readonly statsIntervalS: number;
  readonly isLenient: boolean;
  readonly acknowledges: "booked" | "onAir";
  /** Devices are switched on over so long. */
  readonly joinSpreadS: number;
  /** To the server. */
  readonly emit: (gateway: number, event: GatewayEvent) => void;
  readonly tap?: Tap;
}

/** A gateway, and who is in its reach. */
interface LiveCell {
  readonly gateway: ServerGateway;
  readonly members: readonly Member[];
  readonly airLogs: ReadonlyMap<Member, AirLog>;
  readonly outages: Outages;
  /** Lost at the gateway: for all who hear it. */
  readonly sharedLoss: LossModel;
  sharedFrames: number;
  /** Sessions by address; several devices may share one. */
  readonly byDevAddr: Map<number, readonly Member[]>;
}

/**
 * The devices and gateways of a scenario in a world whose server is somebody else's: the same
 * devices, losses and faults as in a run, without our stand-in. Device `id` is in the reach of
 * gateway `id mod gateways` alone.
 */
export class LiveFleet {
  readonly engine = new Engine();
  readonly members: readonly Member[];
  readonly #input: LiveFleetInput;
  readonly #cells: readonly LiveCell[];
  readonly #faults: FaultPlan;
  /** Undefined: nobody listens for them. */
  readonly #beacons: Beacons | undefined;
  #multicastUs = 0;
  /** Whose uplink a gateway is taking. */
  #speaker: number | undefined;
  uplinks = 0;
  /** Data frames to one device that it heard: with a new counter and the right MIC, or not. */
  readonly unicast = { taken: 0, refused: 0 };
  /** Multicast frames that came through to a device of the group, over all devices. */
  fragments = 0;

  constructor(input: LiveFleetInput) {
    const { scenario, seed, firmware, gateways, gpsAtStart, statsIntervalS, isLenient } = input;
    this.#input = input;
    const { engine } = this;
    const { region } = scenario.regional;
    const { acknowledges } = input;
    const gatewayConfig = { region, gpsAtStart, statsIntervalS, isLenient, acknowledges };
    const spawner = new Spawner({
      ...input,
      scheduler: engine,
      server: { provision: newServerDevice },
      nbFrag: Math.ceil(firmware.sent.length / scenario.campaign.fragSize),
      onUplink: (member, uplink) => this.#onUplink(member, uplink),
      ...tapOf(input.tap, engine),
    });
    this.members = input.members.map(({ id, kind }) => spawner.spawn(id, kind));
    this.#cells = Array.from({ length: gateways }, (_, index) => ({
      ...reachOf(this.members, index, gateways),
      gateway: new ServerGateway(
        { ...gatewayConfig, ...behaviourOf(scenario, index) },
        gatewayAir(scenario),
        {
          scheduler: engine,
          emit: (event) => this.#emit(index, event),
          onAir: (downlink) => this.#onAir(index, downlink),
        },
      ),
      outages: new Outages(scenario.air.outages.filter(({ gateway = index }) => gateway === index)),
      sharedLoss: sharedLossAt(scenario.air, seed, cellKey(index), 0),
      sharedFrames: 0,
      byDevAddr: new Map(),
    }));
    const nodes = this.members.map(({ node }) => node);
    this.#faults = new FaultPlan(scenario.faults, nodes, seed, engine);
    this.#beacons = hasBeacons(scenario) ? new Beacons(this.#beaconsInput()) : undefined;
  }

  /** Gateways first, so that the server knows them when the devices join. */
  start(): void {
    for (const { gateway } of this.#cells) gateway.start();
    this.#beacons?.start();
    const { seed, joinSpreadS } = this.#input;
    const { engine } = this;
    for (const { node } of this.members) {
      const at = drawBelow(drawKey(seed, node.id, "powerOn"), 0, Math.max(1, joinSpreadS * 1e6));
      engine.schedule(engine.now + at, () => node.powerOn());
    }
  }

  /** From the server, to be called at the world's present. */
  command(gateway: number, command: DownlinkCommand): void {
    this.#input.tap?.({ type: "command", atUs: this.engine.now, gateway, command });
    this.#cellAt(gateway).gateway.command(command);
  }

  /** A gateway hears a frame now that none of these devices has sent. */
  forge(gateway: number, phyPayload: Uint8Array, rate: LoraRate, frequencyHz: number): void {
    const { now } = this.engine;
    const { uplinkRates } = this.#input.scenario.regional.region;
    const dr = drOfRate(uplinkRates, rate);
    if (dr === undefined) throw new RangeError(`no data rate of SF${rate.sf}`);
    const uplink = { phyPayload, dr, frequencyHz, startUs: now, endUs: now };
    this.#cellAt(gateway).gateway.receive(uplink, GOOD_SIGNAL);
  }

  /** What became of the multicast frames to a device. */
  airOf(member: Member): AirRecord {
    const { airLogs } = this.#cellAt(member.node.id % this.#cells.length);
    return airLogs.get(member) ?? { lost: [], missed: [] };
  }

  get airtime(): CellAirtime {
    const allUs = this.#cells.reduce((sum, { gateway }) => sum + gateway.airtimeUs, 0);
    return { allS: allUs / 1e6, multicastS: this.#multicastUs / 1e6 };
  }

  get gateways(): number {
    return this.#cells.length;
  }

  get downlinks(): number {
    return this.#cells.reduce((sum, { gateway }) => sum + gateway.sent, 0);
  }

  #beaconsInput(): ConstructorParameters<typeof Beacons>[0] {
    return {
      ...this.#input,
      scheduler: this.engine,
      members: this.members,
      reserve: (startUs, endUs) => {
        for (const { gateway } of this.#cells) gateway.reserve(startUs, endUs);
      },
      isOut: (now, { node }) => this.#cellAt(node.id % this.#cells.length).outages.isOut(now),
    };
  }

  #cellAt(gateway: number): LiveCell {
    const cell = this.#cells[gateway];
    if (cell === undefined) throw new RangeError(`gateway ${gateway}`);
    return cell;
  }

  #emit(gateway: number, event: GatewayEvent): void {
    const id = event.type === "uplink" ? this.#speaker : undefined;
    this.#input.tap?.({ type: "event", atUs: this.engine.now, gateway, event, id });
    this.#input.emit(gateway, event);
  }

  #onUplink(member: Member, uplink: AirUplink): void {
    const frame = member.unicastFrames++;
    if (member.unicastLoss.lost(frame) || !member.node.isListening) return;
    const { gateway, outages } = this.#cellAt(member.node.id % this.#cells.length);
    this.engine.schedule(uplink.endUs, () => {
      if (outages.isOut(this.engine.now)) return;
      this.#speaker = member.node.id;
      if (gateway.receive(uplink, GOOD_SIGNAL)) this.uplinks += 1;
      this.#speaker = undefined;
    });
  }

  #onAir(gateway: number, downlink: AirDownlink): void {
    this.#input.tap?.({ type: "onAir", gateway, downlink });
    const cell = this.#cellAt(gateway);
    const { phyPayload } = downlink;
    const isJoinAccept = (phyPayload[0] ?? 0) >> 5 === MTYPE_JOIN_ACCEPT;
    const own = isJoinAccept
      ? cell.members.filter(({ mac }) => mac.devAddr === undefined)
      : sessionsAt(addressOf(phyPayload), cell);
    if (!isJoinAccept && own.length === 0) {
      this.#toGroup(cell, downlink);
      return;
    }
    if (cell.outages.isOut(this.engine.now)) return;
    for (const member of own) {
      const fate = toOne(member, downlink);
      if (fate !== undefined) this.unicast[fate] += 1;
    }
  }

  /** Loss is keyed to the frame counter: the same frames are lost whichever way they came. */
  #toGroup(cell: LiveCell, downlink: AirDownlink): void {
    const { phyPayload, startUs, endUs } = downlink;
    const { members, airLogs, outages, sharedLoss } = cell;
    const fCnt = fCntOf(phyPayload);
    this.#multicastUs += endUs - startUs;
    this.#faults.onFragment(fCnt + 1, members);
    const isLostForAll = sharedLoss.lost(cell.sharedFrames++) || outages.isOut(this.engine.now);
    const mcAddr = addressOf(phyPayload);
    for (const member of members) {
      const isHeard = member.node.isListening && member.mac.hears(downlink);
      const isLost = isLostForAll || member.multicastLoss.lost(fCnt);
      const isFor = member.mac.isInGroup(mcAddr);
      if (isFor && (isLost || !isHeard)) {
        airLogs.get(member)?.take(fCnt, isLost ? "lost" : "missed");
      }
      if (!isHeard) continue;
      if (isLost) {
        member.node.observed.countLost();
        continue;
      }
      if (isFor) this.fragments += 1;
      member.mac.receive(downlink);
    }
    outages.onFragment(fCnt + 1, this.engine.now);
    this.#beacons?.onFragment(fCnt + 1, this.engine.now);
  }
}

/** Payloads are shared between devices: whoever keeps them has copies. */
function tapOf(tap: Tap | undefined, engine: Engine): Pick<SpawnContext, "onApplication"> {
  if (tap === undefined) return {};
  return {
    onApplication: (id, { direction, fPort, payload, isMulticast }) => {
      const said = { direction, fPort, payload: payload.slice(), isMulticast };
      tap({ type: "application", atUs: engine.now, id, ...said });
    },
  };
}

/** Gateways take turns in what the scenario says of them. */
function behaviourOf({ air: { gateways } }: ResolvedScenario, index: number) {
  const behaviour = gateways[index % gateways.length];
  return behaviour === undefined ? {} : { behaviour };
}

/** The devices that hear a gateway, and nobody else does. */
function reachOf(all: readonly Member[], gateway: number, gateways: number) {
  const members = all.filter(({ node }) => node.id % gateways === gateway);
  return { members, airLogs: new Map(members.map((member) => [member, new AirLog()])) };
}

/** Devices of a cell whose session has this address. */
function sessionsAt(devAddr: number, { members, byDevAddr }: LiveCell): readonly Member[] {
  const known = byDevAddr.get(devAddr);
  if (known?.every(({ mac }) => mac.devAddr === devAddr)) return known;
  const found = members.filter(({ mac }) => mac.devAddr === devAddr);
  if (found.length > 0) byDevAddr.set(devAddr, found);
  return found;
}

function toOne(member: Member, downlink: AirDownlink) {
  const { node, mac, unicastLoss } = member;
  if (!node.isListening || !mac.hears(downlink)) return undefined;
  return unicastLoss.lost(member.unicastFrames++) ? undefined : mac.receive(downlink);
}
