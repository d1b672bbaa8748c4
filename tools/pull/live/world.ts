import { FaultPlan } from "#sim/fleet/faults.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { faultOf, type PullMember } from "#sim/pull/cell.ts";
import { drawIdOf } from "#sim/pull/identity.ts";
import type { LinkWorld } from "#sim/pull/link.ts";
import { PullSpawner } from "#sim/pull/spawn.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import type { LiveImages } from "#tools/fleet/live-world.ts";
import type { WallClock } from "#tools/fleet/wall-clock.ts";
import type { Bridge } from "./bridge.ts";
import { type LiveLink, liveLink } from "./links.ts";
import type { Join, LiveGroup, LiveServed, LiveServer } from "./live-server.ts";

/** A device on its real server. */
export interface LivePullMember extends PullMember {
  readonly served: LiveServed;
  readonly group: LiveGroup;
}

export interface LivePullInput {
  readonly seed: number;
  readonly images: LiveImages;
  readonly groups: readonly LiveGroup[];
  readonly server: Pick<LiveServer, "serve">;
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
  readonly #faults: ReadonlyMap<LiveGroup, FaultPlan>;
  readonly #links: LiveLink[] = [];
  readonly #byDrawId = new Map<number, LivePullMember>();
  #clock: WallClock | undefined;
  #break: (error: unknown) => void = () => {};

  constructor(input: LivePullInput) {
    const { seed, groups } = input;
    const { engine } = this;
    this.#input = input;
    this.broken = new Promise((_, reject) => {
      this.#break = reject;
    });
    this.broken.catch(() => {});
    this.members = groups.flatMap((group) => this.#spawn(group));
    this.#faults = new Map(
      groups.map((group) => {
        const own = this.members.filter((member) => member.group === group);
        const nodes = own.map(({ node }) => node);
        return [group, new FaultPlan(group.pull.faults.map(faultOf), nodes, seed, engine)];
      }),
    );
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

  #spawn(group: LiveGroup): LivePullMember[] {
    const { pull, listed } = group;
    const { seed, images, originUnixMs, server } = this.#input;
    const { firmware, images: ids, crypto } = images;
    const { earlier } = group.images;
    const faults = new ChunkFaults(pull.server.chunkFaults);
    const spawner = new PullSpawner({
      ...{ pull, seed, firmware, crypto, scheduler: this.engine, originUnixMs },
      ...{ factoryImage: ids.factory, updateHash: ids.updateHash },
      others: earlier === undefined ? [] : [earlier.image],
      // A server that is not there says so itself.
      server: { isDown: false },
    });
    const join: Join = (world, specOf) => {
      const bridge = this.#bridge(group, world, faults);
      const made = liveLink(specOf(bridge), world, bridge);
      this.#links.push(made);
      return made.link;
    };
    return listed.map((_, index) => {
      const drawId = drawIdOf(group.index, index);
      const served = server.serve(group, index, join);
      const node = spawner.spawn(drawId, served);
      const member = { node, pull, group, index, served, chunks: 0, highestChunk: -1 };
      this.#byDrawId.set(drawId, member);
      return member;
    });
  }

  #bridge({ pull }: LiveGroup, { id }: LinkWorld, faults: ChunkFaults): Bridge {
    const { sent } = this.#input.images.firmware;
    const onFurther: Bridge["onFurther"] = (chunk, path, body) =>
      faults.apply(String(id), chunk, path, { status: 200, headers: {}, body });
    return {
      enter: (run) => this.#enter(run),
      onTrouble: (detail) => this.troubles.set(detail, (this.troubles.get(detail) ?? 0) + 1),
      onChunk: (chunk, path, body) => {
        this.#onChunk(id, chunk);
        return onFurther(chunk, path, body);
      },
      onFurther,
      bytesMax: Math.max(sent.length, pull.chunkBytes) + SPARE_BYTES,
    };
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
      this.#faults.get(member.group)?.onFragment(chunk + 1, [member]);
    });
  }
}
