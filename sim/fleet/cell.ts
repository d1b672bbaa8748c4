import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import type { ResolvedKind, ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { drawBelow, drawKey, KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { TraceHash } from "#sim/kernel/trace-hash.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import { Beacons, hasBeacons } from "./beacons.ts";
import { CellGateways } from "./cell-gateways.ts";
import { Deployments } from "./deployments.ts";
import { FaultPlan } from "./faults.ts";
import type { FirmwarePair } from "./firmware.ts";
import { addressOf, fCntOf } from "./frame-heads.ts";
import { cellKey } from "./per-gateway.ts";
import type { DeviceProbe } from "./probe.ts";
import { countsOf, type DeviceCounts } from "./progress.ts";
import { type DeviceResult, resultOf } from "./result.ts";
import { type Member, Spawner } from "./spawn.ts";
import { type CellSurvey, newSurvey, type Survey } from "./survey.ts";
import type { World } from "./world.ts";

/** 2026-01-01T00:00:00Z: when every simulated world begins. */
const GPS_AT_START: GpsSeconds = 1_451_260_818;
const NET_ID = 0x00_00_13;
/** A world that is not done by then never will be. */
const HORIZON_US = 120 * 86_400 * 1e6;
const PROGRESS_EVENTS = 2000;
/** Of the counters of one round: 16 bits. */
export const ROUND_FRAMES = 65_536;

export interface CellInput {
  readonly index: number;
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly members: readonly { readonly id: number; readonly kind: ResolvedKind }[];
  readonly firmware: FirmwarePair;
  readonly factoryImage: ImageIdentity;
  readonly updateHash: Uint8Array;
  readonly crypto: Crypto;
  /** Stops before this event of its own. */
  readonly eventsMax: number;
  /** Keep what a report with pictures needs. */
  readonly isSurveyed?: boolean;
  /** Of a cell with one member. */
  readonly probe?: DeviceProbe;
}

/** Time that the gateway of a cell was sending. */
export interface CellAirtime {
  readonly allS: number;
  readonly multicastS: number;
}

/**
 * The devices that share a gateway, a server and an air: the unit of sharding. A cell is a world of
 * its own with its own virtual clock; it depends on scenario, seed and its device numbers alone.
 */
export class Cell implements World {
  readonly engine = new Engine();
  readonly trace = new TraceHash();
  readonly members: readonly Member[];
  readonly deployments: Deployments;
  readonly #input: CellInput;
  readonly #server: NetworkServer;
  readonly #gateways: CellGateways;
  /** Undefined: nobody listens for them. */
  readonly #beacons: Beacons | undefined;
  readonly #faults: FaultPlan;
  readonly #byServerDevice: ReadonlyMap<ServerDevice, Member>;
  readonly #survey: Survey | undefined;
  #multicastUs = 0;

  constructor(input: CellInput) {
    const { scenario, seed, crypto, index, firmware } = input;
    this.#input = input;
    const { engine } = this;
    const onAir = (gateway: number, downlink: AirDownlink) => this.#onAir(gateway, downlink);
    this.#gateways = new CellGateways(scenario, seed, cellKey(index), engine, onAir);
    this.#server = new NetworkServer(
      { netId: NET_ID, gpsAtStart: GPS_AT_START, regional: scenario.regional },
      {
        scheduler: engine,
        crypto,
        entropy: new KeyedEntropy(seed, cellKey(index)),
        transmit: (request, ack) => this.#gateways.transmit(request, ack),
      },
    );
    const spawner = new Spawner({
      ...input,
      scheduler: engine,
      server: this.#server,
      nbFrag: Math.ceil(firmware.sent.length / scenario.campaign.fragSize),
      gpsAtStart: GPS_AT_START,
      onUplink: (member, uplink) => this.#onUplink(member, uplink),
    });
    this.members = input.members.map(({ id, kind }) => spawner.spawn(id, kind));
    this.#byServerDevice = new Map(this.members.map((member) => [member.serverDevice, member]));
    const nodes = this.members.map(({ node }) => node);
    this.#survey = input.isSurveyed ? newSurvey(input, nodes) : undefined;
    this.#faults = new FaultPlan(scenario.faults, nodes, seed, engine);
    this.deployments = new Deployments(input, this.members, this.#server);
    for (const { node, kind } of this.members) {
      const spread = Math.max(1, kind.device.uplinkIntervalS * 1e6);
      const at = drawBelow(drawKey(seed, node.id, "powerOn"), 0, spread);
      engine.schedule(at, () => node.powerOn());
    }
    this.#beacons = this.#beaconsOf(input);
    this.#beacons?.start();
    this.deployments.start();
  }

  #beaconsOf({ scenario, seed }: CellInput): Beacons | undefined {
    if (!hasBeacons(scenario)) return undefined;
    const { members, engine: scheduler } = this;
    const isOut = (now: number) => this.#gateways.areAllOut(now);
    const reserve = (startUs: number, endUs: number) => this.#gateways.reserve(startUs, endUs);
    const parts = { scheduler, reserve, members, isOut };
    return new Beacons({ scenario, seed, gpsAtStart: GPS_AT_START, ...parts });
  }

  get airtime(): CellAirtime {
    return { allS: this.#gateways.airtimeUs / 1e6, multicastS: this.#multicastUs / 1e6 };
  }

  /** Runs to the end of the last campaign and until every device has settled. */
  run(onProgress: () => void): void {
    const { eventsMax } = this.#input;
    let next = 0;
    this.engine.run(HORIZON_US, () => {
      if (this.engine.events >= next) {
        next = this.engine.events + PROGRESS_EVENTS;
        onProgress();
      }
      this.#survey?.sample(this.engine.now, this.#gateways.airtimeUs);
      return this.deployments.settled || this.engine.events >= eventsMax;
    });
  }

  counts(): DeviceCounts {
    return countsOf(this);
  }

  survey(): CellSurvey | undefined {
    this.#survey?.sample(this.engine.now, this.#gateways.airtimeUs, true);
    return this.#survey?.result();
  }

  results(): readonly DeviceResult[] {
    return this.members.map((member) => {
      const identity = { kind: member.kind.name, cell: this.#input.index };
      const result = resultOf(member, identity, this.deployments.viewOf(member));
      for (const { atS, text } of result.timeline) {
        this.trace.add(Math.round(atS * 1000));
        this.trace.addText(text);
      }
      return result;
    });
  }

  #onAir(gateway: number, downlink: AirDownlink): void {
    const { phyPayload } = downlink;
    this.trace.add(downlink.endUs);
    this.trace.addBytes(phyPayload);
    const group = this.deployments.groupOf(addressOf(phyPayload));
    if (group === undefined) {
      this.#toOne(gateway, downlink);
      return;
    }
    this.#multicastUs += downlink.endUs - downlink.startUs;
    const fCnt = fCntOf(phyPayload);
    // A later round loses other frames, and has no more faults at a fragment.
    const frame = fCnt + group.round * ROUND_FRAMES;
    const { now } = this.engine;
    if (gateway === 0) this.#faults.onFragment(frame + 1, group.members);
    const isLostForAll = this.#gateways.losesForAll(gateway, now);
    if (gateway === 0) {
      this.#gateways.onFragment(frame + 1, now);
      this.#beacons?.onFragment(frame + 1, now);
    }
    const isLastCopy = gateway === this.#gateways.count - 1;
    for (const member of group.members) {
      if (!member.node.isListening || !member.mac.hears(downlink)) continue;
      // Through another gateway already.
      if (member.heardFrame === frame) continue;
      const isHeard = member.links[gateway]?.hears(downlink, "multicast", frame) ?? true;
      const isLost = isLostForAll || !isHeard || member.multicastLoss.lost(frame);
      if (isLost && !isLastCopy) continue;
      this.#survey?.frame(member.node, fCnt, isLost, isLostForAll);
      if (isLost) {
        member.node.observed.countLost();
        continue;
      }
      member.heardFrame = frame;
      member.mac.receive(downlink);
    }
  }

  /**
   * A class A downlink. Many may have a window open, but only the one it is for takes anything from
   * it; whose a join accept is, only its receivers can tell.
   */
  #toOne(gateway: number, downlink: AirDownlink): void {
    if (this.#gateways.isOut(gateway, this.engine.now)) return;
    const device = this.#server.deviceAt(addressOf(downlink.phyPayload));
    const member = device && this.#byServerDevice.get(device);
    for (const receiver of member === undefined ? this.members : [member]) {
      if (!receiver.node.isListening || !receiver.mac.hears(downlink)) continue;
      const frame = receiver.unicastFrames++;
      const isHeard = receiver.links[gateway]?.hears(downlink, "unicast", frame) ?? true;
      const isLost = receiver.unicastLosses[gateway]?.lost(frame) === true;
      if (isHeard && !isLost) receiver.mac.receive(downlink);
    }
  }

  #onUplink(member: Member, uplink: AirUplink): void {
    const frame = member.unicastFrames++;
    if (!member.node.isListening) return;
    const flight = this.#gateways.begin(member, uplink, frame);
    if (member.unicastLosses.every((loss) => loss.lost(frame))) return;
    this.engine.schedule(uplink.endUs, () => {
      const { now } = this.engine;
      const gateway = flight(now);
      if (gateway === undefined || this.deployments.isServerDownAt(now)) return;
      this.trace.add(uplink.endUs);
      this.trace.addBytes(uplink.phyPayload);
      this.#server.receive({ ...uplink, gateway });
    });
  }
}
