import type { LoraRate } from "#hal/gateway-port.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { drOfRate } from "#sim/air/regional.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { newServerDevice } from "#sim/server/server-device.ts";
import type { AirRecord } from "./air-record.ts";
import { Beacons, hasBeacons } from "./beacons.ts";
import type { CellAirtime, CellInput } from "./cell.ts";
import { FaultPlan } from "./faults.ts";
import { addressOf, fCntOf } from "./frame-heads.ts";
import { LiveCell, type LiveGateway, membersOf, newLiveGateway, STRONG } from "./live-cell.ts";
import type { Tap } from "./live-tap.ts";
import { type Member, type SpawnContext, Spawner } from "./spawn.ts";
import { type CellSurvey, newSurvey, type Survey } from "./survey.ts";

/** Join accept (TS001 §4.2.1). */
const MTYPE_JOIN_ACCEPT = 1;

/** What a world is made of, whose ever the server is. */
type WorldInput = Pick<
  CellInput,
  "scenario" | "seed" | "members" | "firmware" | "factoryImage" | "updateHash" | "crypto"
>;

export interface LiveFleetInput extends WorldInput {
  /** When this world begins. */
  readonly gpsAtStart: GpsSeconds;
  /** Whole cells of them. */
  readonly gateways: number;
  readonly statsIntervalS: number;
  readonly isLenient: boolean;
  readonly acknowledges: "booked" | "onAir";
  /** Devices are switched on over so long. */
  readonly joinSpreadS: number;
  /** To the server. */
  readonly emit: (gateway: number, event: GatewayEvent) => void;
  readonly tap?: Tap;
  readonly isSurveyed?: boolean;
}

/**
 * The devices and gateways of a scenario in a world whose server is somebody else's: the same
 * devices, losses and faults as in a run, without our stand-in. Device `id` is in cell `id mod cells`,
 * whose gateways follow each other in number; each reports what it hears, so that the server has
 * copies.
 */
export class LiveFleet {
  readonly engine = new Engine();
  readonly members: readonly Member[];
  readonly #input: LiveFleetInput;
  readonly #cells: readonly LiveCell[];
  /** Of all cells, by number. */
  readonly #gateways: readonly LiveGateway[];
  readonly #faults: FaultPlan;
  /** Undefined: nobody listens for them. */
  readonly #beacons: Beacons | undefined;
  readonly #survey: Survey | undefined;
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
    const inCell = scenario.campaign.gateways;
    const cells = gateways / inCell;
    if (!Number.isInteger(cells)) throw new RangeError(`${gateways} gateways, ${inCell} in a cell`);
    const making = { scenario, seed, config: gatewayConfig };
    this.#gateways = Array.from({ length: gateways }, (_, index) =>
      newLiveGateway(making, index, {
        scheduler: engine,
        emit: (event) => this.#emit(index, event),
        onAir: (downlink) => this.#onAir(index, downlink),
      }),
    );
    this.#cells = Array.from(
      { length: cells },
      (_, cell) =>
        new LiveCell(
          scenario,
          seed,
          membersOf(this.members, cell, cells),
          this.#gateways.slice(cell * inCell, (cell + 1) * inCell),
        ),
    );
    const nodes = this.members.map(({ node }) => node);
    this.#faults = new FaultPlan(scenario.faults, nodes, seed, engine);
    this.#survey = input.isSurveyed ? newSurvey(input, nodes) : undefined;
    this.#beacons = hasBeacons(scenario) ? new Beacons(this.#beaconsInput()) : undefined;
  }

  /** Gateways first, so that the server knows them when the devices join. */
  start(): void {
    for (const { gateway } of this.#gateways) gateway.start();
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
    this.#gatewayAt(gateway).gateway.command(command);
  }

  /** A gateway hears a frame now that none of these devices has sent. */
  forge(gateway: number, phyPayload: Uint8Array, rate: LoraRate, frequencyHz: number): void {
    const { now } = this.engine;
    const { uplinkRates } = this.#input.scenario.regional.region;
    const dr = drOfRate(uplinkRates, rate);
    if (dr === undefined) throw new RangeError(`no data rate of SF${rate.sf}`);
    const uplink = { phyPayload, dr, frequencyHz, startUs: now, endUs: now };
    this.#gatewayAt(gateway).gateway.receive(uplink, STRONG);
  }

  /** What became of the multicast frames to a device. */
  airOf(member: Member): AirRecord {
    return this.#cellOf(member).airLogOf(member) ?? { lost: [], missed: [] };
  }

  get airtime(): CellAirtime {
    const allUs = this.#gateways.reduce((sum, { gateway }) => sum + gateway.airtimeUs, 0);
    return { allS: allUs / 1e6, multicastS: this.#multicastUs / 1e6 };
  }

  /** Now and then, for a survey. */
  sample(isLast = false): void {
    if (this.#survey === undefined) return;
    this.#survey.sample(this.engine.now, this.airtime.allS * 1e6, isLast);
  }

  survey(): CellSurvey | undefined {
    this.sample(true);
    return this.#survey?.result();
  }

  get gateways(): number {
    return this.#gateways.length;
  }

  get downlinks(): number {
    return this.#gateways.reduce((sum, { gateway }) => sum + gateway.sent, 0);
  }

  #beaconsInput(): ConstructorParameters<typeof Beacons>[0] {
    return {
      ...this.#input,
      scheduler: this.engine,
      members: this.members,
      reserve: (startUs, endUs) => {
        for (const { gateway } of this.#gateways) gateway.reserve(startUs, endUs);
      },
      isOut: (now, member) =>
        this.#cellOf(member).gateways.every(({ outages }) => outages.isOut(now)),
    };
  }

  #gatewayAt(index: number): LiveGateway {
    const gateway = this.#gateways[index];
    if (gateway === undefined) throw new RangeError(`gateway ${index}`);
    return gateway;
  }

  #cellAt(index: number): LiveCell {
    const cell = this.#cells[index];
    if (cell === undefined) throw new RangeError(`cell ${index}`);
    return cell;
  }

  #cellOf({ node }: Member): LiveCell {
    return this.#cellAt(node.id % this.#cells.length);
  }

  #emit(gateway: number, event: GatewayEvent): void {
    const id = event.type === "uplink" ? this.#speaker : undefined;
    this.#input.tap?.({ type: "event", atUs: this.engine.now, gateway, event, id });
    this.#input.emit(gateway, event);
  }

  #onUplink(member: Member, uplink: AirUplink): void {
    const frame = member.unicastFrames++;
    if (!member.node.isListening) return;
    const flights = this.#cellOf(member).begin(member, uplink, frame);
    if (flights.length === 0) return;
    this.engine.schedule(uplink.endUs, () => {
      this.#speaker = member.node.id;
      const heard = flights.filter(({ to, signal, lossOf }) => {
        const isGone = to.outages.isOut(this.engine.now) || lossOf?.() !== undefined;
        return !isGone && to.gateway.receive(uplink, signal);
      });
      if (heard.length > 0) this.uplinks += 1;
      this.#speaker = undefined;
    });
  }

  #onAir(index: number, downlink: AirDownlink): void {
    this.#input.tap?.({ type: "onAir", gateway: index, downlink });
    const gateway = this.#gatewayAt(index);
    const cell = this.#cellAt(Math.floor(index / this.#input.scenario.campaign.gateways));
    const { phyPayload } = downlink;
    const isJoinAccept = (phyPayload[0] ?? 0) >> 5 === MTYPE_JOIN_ACCEPT;
    const own = isJoinAccept
      ? cell.members.filter(({ mac }) => mac.devAddr === undefined)
      : cell.sessionsAt(addressOf(phyPayload));
    if (!isJoinAccept && own.length === 0) {
      this.#toGroup(cell, gateway, downlink);
      return;
    }
    if (gateway.outages.isOut(this.engine.now)) return;
    for (const member of own) {
      const fate = toOne(member, downlink, gateway.place);
      if (fate !== undefined) this.unicast[fate] += 1;
    }
  }

  /** Loss is keyed to the frame counter: the same frames are lost whichever way they came. */
  #toGroup(cell: LiveCell, gateway: LiveGateway, downlink: AirDownlink): void {
    const { phyPayload, startUs, endUs } = downlink;
    const { members } = cell;
    const fCnt = fCntOf(phyPayload);
    this.#multicastUs += endUs - startUs;
    const isFirst = cell.isFirst(gateway, downlink);
    if (isFirst) this.#faults.onFragment(fCnt + 1, members);
    const { now } = this.engine;
    const isShared = gateway.sharedLoss.lost(gateway.sharedFrames++);
    const isLostForAll = isShared || gateway.outages.isOut(now);
    const mcAddr = addressOf(phyPayload);
    for (const member of members) {
      const isHeard = member.node.isListening && member.mac.hears(downlink);
      const isNear = member.links[gateway.place]?.hears(downlink, "multicast", fCnt) ?? true;
      const isLost = isLostForAll || !isNear || member.multicastLoss.lost(fCnt);
      const isFor = member.mac.isInGroup(mcAddr);
      if (isFor && (isLost || !isHeard)) {
        cell.airLogOf(member)?.take(fCnt, isLost ? "lost" : "missed");
      }
      if (!isHeard) continue;
      if (cell.hasCopies) this.#survey?.copy(member.node, fCnt, isLost);
      else this.#survey?.frame(member.node, fCnt, isLost, isLostForAll);
      if (isLost) {
        member.node.observed.countLost(cell.hasCopies ? fCnt : undefined);
        continue;
      }
      if (isFor) this.fragments += 1;
      if (isFor && cell.hasCopies) cell.hear(member, fCnt);
      member.mac.receive(downlink);
    }
    if (!isFirst) return;
    for (const { outages } of cell.gateways) outages.onFragment(fCnt + 1, now);
    this.#beacons?.onFragment(fCnt + 1, now);
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

function toOne(member: Member, downlink: AirDownlink, place: number) {
  const { node, mac, links, unicastLosses } = member;
  if (!node.isListening || !mac.hears(downlink)) return undefined;
  const frame = member.unicastFrames++;
  const isNear = links[place]?.hears(downlink, "unicast", frame) ?? true;
  const isLost = !isNear || unicastLosses[place]?.lost(frame) === true;
  return isLost ? undefined : mac.receive(downlink);
}
