import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";

const S_US = 1_000_000;

/** What a server can be made to do. */
export interface PlannedServer {
  /** To all of its devices. */
  assign(which: "earlier" | "firmware"): void;
  /** Its process ends, and another one begins. */
  restart(): void;
}

/** What a scenario has a server do, and when. */
export class ServerPlan {
  /** After that, nothing changes by itself. */
  readonly quietUs: number;
  readonly #spec: ResolvedPull["server"];
  readonly #scheduler: Scheduler;
  #downUntilUs = 0;

  constructor(spec: ResolvedPull["server"], scheduler: Scheduler, server: PlannedServer) {
    const { assignAtS, earlier, restarts } = spec;
    this.#spec = spec;
    this.#scheduler = scheduler;
    const at = (seconds: number, run: () => void) =>
      scheduler.schedule(Math.round(seconds * S_US), run);
    at(assignAtS, () => server.assign(earlier === undefined ? "firmware" : "earlier"));
    const replacedAtS =
      earlier !== undefined && "atS" in earlier.until ? earlier.until.atS : undefined;
    if (replacedAtS !== undefined) at(replacedAtS, () => server.assign("firmware"));
    for (const { atS, forS } of restarts) {
      at(atS, () => {
        this.#downUntilUs = scheduler.now + Math.round(forS * S_US);
        server.restart();
      });
    }
    const backS = restarts.map(({ atS, forS }) => atS + forS);
    this.quietUs = Math.round(Math.max(assignAtS, replacedAtS ?? 0, ...backS) * S_US);
  }

  get isDown(): boolean {
    return this.#scheduler.now < this.#downUntilUs;
  }

  /** Whether the firmware takes the place of an earlier one for who is first given this chunk. */
  replacesAt(chunk: number): boolean {
    const { earlier } = this.#spec;
    return earlier !== undefined && "atChunk" in earlier.until && earlier.until.atChunk === chunk;
  }
}
