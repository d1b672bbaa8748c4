import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { Signer } from "#agent/image/make.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { ResolvedPull, ResolvedPullFault } from "#scenarios/pull-defaults.ts";
import type { CellAirtime } from "#sim/fleet/cell.ts";
import { FaultPlan } from "#sim/fleet/faults.ts";
import { type FirmwarePair, makeFirmware } from "#sim/fleet/firmware.ts";
import type { DeviceCounts } from "#sim/fleet/progress.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { identityOf } from "#sim/fleet/roster.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import type { World } from "#sim/fleet/world.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { TraceHash } from "#sim/kernel/trace-hash.ts";
import type { KnownImage } from "#sim/oracles/known-images.ts";
import { drawIdOf } from "./identity.ts";
import { newPullServer } from "./new-server.ts";
import type { PullNode } from "./node.ts";
import { pullResultOf } from "./result.ts";
import type { PullServer, Served } from "./server.ts";
import { PullSpawner } from "./spawn.ts";
import { newPullSurvey, type PullSurvey } from "./survey.ts";

/** 2026-01-01T00:00:00Z: when every simulated world begins. */
const ORIGIN_UNIX_MS = 1_767_225_600_000;
const PROGRESS_EVENTS = 2000;

export interface PullCellInput {
  /** Of all cells of the run. */
  readonly index: number;
  readonly scenario: ResolvedScenario;
  /** Number of the group, and of the cell within it. */
  readonly group: number;
  readonly cell: number;
  /** Numbers within the group. */
  readonly members: readonly number[];
  /** Of the group's first device in the whole fleet. */
  readonly firstId: number;
  readonly seed: number;
  readonly firmware: FirmwarePair;
  readonly factoryImage: ImageIdentity;
  readonly updateHash: Uint8Array;
  readonly updateVersion: string;
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly eventsMax: number;
  readonly isSurveyed: boolean;
}

export interface PullMember {
  readonly node: PullNode;
  readonly pull: ResolvedPull;
  readonly index: number;
  readonly served: Served;
  /** Given to it by the server, repeats included; and the number of the highest one. */
  chunks: number;
  highestChunk: number;
}

/** Devices that pull from one server: a world of its own, like the devices behind a gateway. */
export class PullCell implements World {
  readonly engine = new Engine();
  readonly trace = new TraceHash();
  readonly airtime: CellAirtime = { allS: 0, multicastS: 0 };
  readonly members: readonly PullMember[];
  readonly #input: PullCellInput;
  readonly #pull: ResolvedPull;
  readonly #server: PullServer;
  readonly #faults: FaultPlan;
  readonly #quietUs: number;
  readonly #survey: PullSurvey | undefined;
  /** The first who was not done when last looked at. */
  #doneFirst = 0;
  readonly #byDevice = new Map<Served, PullMember>();

  constructor(input: PullCellInput) {
    const { scenario, group, cell, seed, firmware, crypto } = input;
    const pull = scenario.pull[group];
    if (pull === undefined) throw new RangeError(`no group ${group}`);
    const { engine } = this;
    const earlier = earlierOf(pull, input);
    this.#input = input;
    this.#pull = pull;
    const common = { pull, seed, scheduler: engine, originUnixMs: ORIGIN_UNIX_MS, crypto };
    this.#server = newPullServer({
      ...common,
      group,
      cell,
      firmware: { bytes: firmware.sent, version: input.updateVersion },
      earlier: earlier?.bytes,
      onChunk: (served, chunk) => this.#onChunk(served, chunk),
      onDown: () => {
        for (const { node } of this.members) node.link.drop();
      },
    });
    const spawner = new PullSpawner({
      ...common,
      ...{ firmware, factoryImage: input.factoryImage, updateHash: input.updateHash },
      others: earlier === undefined ? [] : [earlier],
      server: this.#server,
    });
    this.members = input.members.map((index) => this.#spawn(spawner, pull, index));
    this.#faults = new FaultPlan(
      pull.faults.map(faultOf),
      this.members.map(({ node }) => node),
      seed,
      engine,
    );
    this.#quietUs = Math.max(this.#server.quietUs, ...pull.faults.map(endOfFault));
    for (const { node } of this.members) engine.schedule(0, () => node.powerOn());
    this.#survey = input.isSurveyed
      ? newPullSurvey(this.members, scenario, firmware.sent.length)
      : undefined;
  }

  run(onProgress: () => void): void {
    const { eventsMax } = this.#input;
    let nextEvents = 0;
    this.engine.run(Math.round(this.#pull.untilS * 1e6), () => {
      if (this.engine.events >= nextEvents) {
        nextEvents = this.engine.events + PROGRESS_EVENTS;
        onProgress();
      }
      this.#survey?.sample(this.engine.now);
      if (this.engine.events >= eventsMax) return true;
      return this.engine.now > this.#quietUs && this.#areAllDone();
    });
  }

  counts(): DeviceCounts {
    return pullCountsOf(this.members);
  }

  results(): readonly DeviceResult[] {
    const { index: cell, firstId } = this.#input;
    return this.members.map((member) => {
      const result = pullResultOf(member, { id: firstId + member.index, cell });
      this.trace.add(result.pull?.messages ?? 0);
      for (const { atS, text } of result.timeline) {
        this.trace.add(Math.round(atS * 1000));
        this.trace.addText(text);
      }
      return result;
    });
  }

  survey(): CellSurvey | undefined {
    this.#survey?.sample(this.engine.now, true);
    return this.#survey?.result();
  }

  #spawn(spawner: PullSpawner, pull: ResolvedPull, index: number): PullMember {
    const served = this.#server.addDevice(index);
    const node = spawner.spawn(drawIdOf(this.#input.group, index), served);
    const member: PullMember = {
      node,
      pull,
      index,
      served,
      chunks: 0,
      highestChunk: -1,
    };
    this.#byDevice.set(served, member);
    return member;
  }

  /** What is planned for a chunk comes with its first delivery: later ones are repeats. */
  #onChunk(served: Served, chunk: number): void {
    const member = this.#byDevice.get(served);
    if (member === undefined) return;
    member.chunks += 1;
    if (chunk <= member.highestChunk) return;
    member.highestChunk = chunk;
    // Not from within the server's own answer.
    this.engine.schedule(this.engine.now, () => {
      this.#server.firstGiven(served, chunk);
      this.#faults.onFragment(chunk + 1, [member]);
    });
  }

  /** Asked before each event: those who were done are looked at again only once all are. */
  #areAllDone(): boolean {
    const { members } = this;
    let member = members[this.#doneFirst];
    while (member !== undefined && this.#isDone(member)) {
      this.#doneFirst += 1;
      member = members[this.#doneFirst];
    }
    if (member !== undefined) return false;
    this.#doneFirst = 0;
    return members.every((one) => this.#isDone(one));
  }

  /** Nothing is left to do for it until somebody changes something. */
  #isDone({ node, served }: PullMember): boolean {
    if (node.isBricked) return true;
    if (node.observed.doneWith !== this.#server.version) return false;
    return served.isKnownUpdated() || !node.isUpdated;
  }
}

export function pullCountsOf(members: readonly Pick<PullMember, "node">[]): DeviceCounts {
  const sum = { joined: 0, receiving: 0, complete: 0, updated: 0, failed: 0 };
  for (const { node } of members) {
    const { hasAnswer, hasBegun, isComplete, lastFailure } = node.observed;
    if (hasAnswer) sum.joined += 1;
    if (node.isUpdated) sum.updated += 1;
    else if (lastFailure !== undefined || node.isBricked) sum.failed += 1;
    if (isComplete) sum.complete += 1;
    else if (hasBegun && lastFailure === undefined) sum.receiving += 1;
  }
  return sum;
}

/** Faults at a chunk are faults at a fragment to the plan, which counts from 1. */
export function faultOf({ kind, share, when, forS, times }: ResolvedPullFault) {
  const at = "atS" in when ? when : { atFragment: when.atChunk + 1 };
  return { kind: kind === "offline" ? "deaf" : kind, share, when: at, forS, times } as const;
}

export function endOfFault({ when, forS }: ResolvedPullFault): number {
  return "atS" in when ? Math.round((when.atS + forS) * 1e6) : 0;
}

/** The image that is assigned before the firmware. */
export function earlierOf(
  pull: ResolvedPull,
  input: Pick<PullCellInput, "scenario" | "firmware" | "seed" | "signer" | "crypto">,
): KnownImage | undefined {
  const { earlier } = pull.server;
  if (earlier === undefined) return undefined;
  const { scenario, firmware, seed, signer, crypto } = input;
  const { signature: _, ...spec } = scenario.firmware;
  const { update } = makeFirmware(
    { ...spec, sizeBytes: firmware.sent.length, version: earlier.version, defect: "none" },
    (seed ^ 0x5bd1_e995) >>> 0,
    signer,
    crypto,
  );
  const identity = identityOf(firmware, update, crypto);
  if (identity === undefined) throw new RangeError("the earlier image does not verify");
  return { hash: identity.hash, bytes: update };
}
