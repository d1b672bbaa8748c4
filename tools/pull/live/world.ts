import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { FaultPlan } from "#sim/fleet/faults.ts";
import { Engine } from "#sim/kernel/engine.ts";
import type { KnownImage } from "#sim/oracles/known-images.ts";
import { faultOf, type PullMember } from "#sim/pull/cell.ts";
import { drawIdOf } from "#sim/pull/identity.ts";
import type { LinkWorld } from "#sim/pull/link.ts";
import { PullSpawner } from "#sim/pull/spawn.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import type { LiveImages } from "#tools/fleet/live-world.ts";
import type { WallClock } from "#tools/fleet/wall-clock.ts";
import type { ListedDevice } from "#tools/pull/device-list.ts";
import { type DeviceUrls, type LiveLink, liveLink } from "./links.ts";
import { ServedLive } from "./served.ts";

/** A device on its real server. */
export interface LivePullMember extends PullMember {
  readonly served: ServedLive;
  readonly group: number;
  /** In the whole fleet. */
  readonly id: number;
  readonly name: string;
}

export interface LivePullInput {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly images: LiveImages;
  readonly urls: DeviceUrls;
  /** Of each group: what it is given first. */
  readonly earlier: readonly (KnownImage | undefined)[];
  /** Of each group, with the tokens that the server knows. */
  readonly listed: readonly (readonly ListedDevice[])[];
  readonly originUnixMs: number;
  /** A device has been given this chunk for the first time. */
  readonly onFirstGiven: (member: LivePullMember, chunk: number) => void;
}

const SPARE_BYTES = 65_536;

/**
 * The pulling devices of a scenario in a world whose server is somebody else's: the same devices,
 * flash, faults and draws of their links as in a run, without our stand-in.
 */
export class LivePullWorld {
  readonly engine = new Engine();
  readonly members: readonly LivePullMember[];
  /** What went wrong at sockets, and how often. */
  readonly troubles = new Map<string, number>();
  /** Rejects with what is thrown when something comes from the server: a bug. */
  readonly broken: Promise<never>;
  readonly #input: LivePullInput;
  readonly #faults: readonly FaultPlan[];
  readonly #links: LiveLink[] = [];
  readonly #byDrawId = new Map<number, LivePullMember>();
  #clock: WallClock | undefined;
  #break: (error: unknown) => void = () => {};

  constructor(input: LivePullInput) {
    const { scenario, seed } = input;
    const { engine } = this;
    this.#input = input;
    this.broken = new Promise((_, reject) => {
      this.#break = reject;
    });
    this.broken.catch(() => {});
    let firstId = scenario.devices.count;
    const groups = scenario.pull.map((pull, group) => {
      const members = this.#spawn(pull, group, firstId);
      firstId += pull.count;
      return { pull, members };
    });
    this.members = groups.flatMap(({ members }) => members);
    this.#faults = groups.map(({ pull, members }) => {
      const nodes = members.map(({ node }) => node);
      return new FaultPlan(pull.faults.map(faultOf), nodes, seed, engine);
    });
  }

  /** From now on the world goes with this clock. */
  start(clock: WallClock): void {
    this.#clock = clock;
    for (const { node } of this.members) {
      this.engine.schedule(this.engine.now, () => node.powerOn());
    }
  }

  /** Whatever still comes from the server comes to nobody. */
  close(): void {
    this.#clock = undefined;
    for (const { node } of this.members) node.link.halt();
    for (const { close } of this.#links) close();
  }

  #spawn(pull: ResolvedPull, group: number, firstId: number): LivePullMember[] {
    const { seed, images, earlier, originUnixMs, urls, listed } = this.#input;
    const { firmware, images: ids, crypto } = images;
    const other = earlier[group];
    const faults = new ChunkFaults(pull.server.chunkFaults);
    const spawner = new PullSpawner({
      ...{ pull, seed, firmware, crypto, scheduler: this.engine, originUnixMs },
      ...{ factoryImage: ids.factory, updateHash: ids.updateHash },
      others: other === undefined ? [] : [other],
      // A server that is not there says so itself.
      server: { isDown: false },
    });
    const bytesMax = Math.max(firmware.sent.length, pull.chunkBytes) + SPARE_BYTES;
    const newLink = (world: LinkWorld, token: string) => {
      const made = liveLink(pull.transport, urls, world, token, {
        enter: (run) => this.#enter(run),
        onTrouble: (detail) => this.troubles.set(detail, (this.troubles.get(detail) ?? 0) + 1),
        onChunk: (chunk, path, body) => {
          this.#onChunk(world.id, chunk);
          return faults.apply(token, chunk, path, { status: 200, headers: {}, body });
        },
        bytesMax,
      });
      this.#links.push(made);
      return made.link;
    };
    return (listed[group] ?? []).map(({ name, token }, index) => {
      const drawId = drawIdOf(group, index);
      const known = pull.token === "right" ? token : `not-${token}`;
      const served = new ServedLive(pull, known, (world) => newLink(world, known));
      const member: LivePullMember = {
        node: spawner.spawn(drawId, served),
        ...{ pull, group, index, name, id: firstId + index },
        served,
        chunks: 0,
        highestChunk: -1,
      };
      this.#byDrawId.set(drawId, member);
      return member;
    });
  }

  #enter(run: () => void): void {
    const clock = this.#clock;
    if (clock === undefined) return;
    try {
      clock.sync();
      run();
      // What is due at once does not wait for the clock's next pass.
      clock.sync();
    } catch (error) {
      this.#clock = undefined;
      this.#break(error);
    }
  }

  /** What is planned for a chunk comes with its first delivery: later ones are repeats. */
  #onChunk(drawId: number, chunk: number): void {
    const member = this.#byDrawId.get(drawId);
    if (member === undefined) return;
    member.chunks += 1;
    if (chunk <= member.highestChunk) return;
    member.highestChunk = chunk;
    this.engine.schedule(this.engine.now, () => {
      this.#input.onFirstGiven(member, chunk);
      this.#faults[member.group]?.onFragment(chunk + 1, [member]);
    });
  }
}
