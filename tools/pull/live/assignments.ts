import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { Engine } from "#sim/kernel/engine.ts";
import { endOfFault } from "#sim/pull/cell.ts";
import type { LivePullServer } from "./server.ts";
import type { LivePullMember } from "./world.ts";

const S_US = 1_000_000;

/** Which package is assigned when, as a scenario says. */
export class Assignments {
  /** Rejects when the server refuses one that was due. */
  readonly failed: Promise<never>;
  /** After that, nothing changes by itself. */
  readonly quietUs: number;
  readonly #scenario: ResolvedScenario;
  readonly #server: Pick<LivePullServer, "assign" | "assignTo">;
  #fail: (error: unknown) => void = () => {};

  constructor(scenario: ResolvedScenario, server: Pick<LivePullServer, "assign" | "assignTo">) {
    this.#scenario = scenario;
    this.#server = server;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever awaits it hears of it; until then it is nobody's.
    this.failed.catch(() => {});
    this.quietUs = Math.max(
      ...scenario.pull.flatMap(({ server: { assignAtS, earlier }, faults }) => [
        assignAtS * S_US,
        earlier !== undefined && "atS" in earlier.until ? earlier.until.atS * S_US : 0,
        ...faults.map(endOfFault),
      ]),
    );
  }

  /** What is assigned at the start is, before any device is switched on. */
  async begin(engine: Engine): Promise<void> {
    for (const [group, { server }] of this.#scenario.pull.entries()) {
      const { assignAtS, earlier } = server;
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
    this.#server.assignTo(member).catch(this.#fail);
  }

  #at(engine: Engine, atS: number, assign: () => Promise<void>): void {
    engine.schedule(Math.round(atS * S_US), () => {
      assign().catch(this.#fail);
    });
  }
}
