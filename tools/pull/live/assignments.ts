import type { Engine } from "#sim/kernel/engine.ts";
import { endOfFault } from "#sim/pull/cell.ts";
import type { LiveGroup, LiveServer } from "./live-server.ts";
import type { LivePullMember } from "./world.ts";

const S_US = 1_000_000;

/** Which package is assigned when, as a scenario says. */
export class Assignments {
  /** Rejects when the server refuses one that was due. */
  readonly failed: Promise<never>;
  /** After that, nothing changes by itself. */
  readonly quietUs: number;
  readonly #groups: readonly LiveGroup[];
  readonly #server: Pick<LiveServer, "assign">;
  #fail: (error: unknown) => void = () => {};

  constructor(groups: readonly LiveGroup[], server: Pick<LiveServer, "assign">) {
    this.#groups = groups;
    this.#server = server;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever awaits it hears of it; until then it is nobody's.
    this.failed.catch(() => {});
    this.quietUs = Math.max(
      ...groups.flatMap(
        ({
          pull: {
            server: { assignAtS, earlier },
            faults,
          },
        }) => [
          assignAtS * S_US,
          earlier !== undefined && "atS" in earlier.until ? earlier.until.atS * S_US : 0,
          ...faults.map(endOfFault),
        ],
      ),
    );
  }

  /** What is assigned at the start is, before any device is switched on. */
  async begin(engine: Engine): Promise<void> {
    for (const group of this.#groups) {
      const { assignAtS, earlier } = group.pull.server;
      const which = earlier === undefined ? "final" : "earlier";
      if (assignAtS === 0) await this.#server.assign(group, which);
      else this.#at(engine, assignAtS, () => this.#server.assign(group, which));
      if (earlier === undefined || !("atS" in earlier.until)) continue;
      this.#at(engine, earlier.until.atS, () => this.#server.assign(group, "final"));
    }
  }

  /** Chunk `chunk` is given to a device for the first time. */
  firstGiven(member: LivePullMember, chunk: number): void {
    const { earlier } = member.pull.server;
    if (earlier === undefined || !("atChunk" in earlier.until)) return;
    if (earlier.until.atChunk !== chunk) return;
    member.served.assign().catch(this.#fail);
  }

  #at(engine: Engine, atS: number, assign: () => Promise<void>): void {
    engine.schedule(Math.round(atS * S_US), () => {
      assign().catch(this.#fail);
    });
  }
}
