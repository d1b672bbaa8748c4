import type { FirmwareFacts } from "#sim/fleet/roster.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { LiveDeviceResult, LiveParameters } from "#tools/fleet/live-world.ts";
import { lineOfCommand, lineOfDevice, lineOfEvent, RECORDING_VERSION } from "./lines.ts";
import type { RecordingHead, RecordingLine } from "./schema.ts";

/** What is known of a run before its world is. */
export type RecordedRun = Pick<RecordingHead, "version" | "scenario" | "seed" | "options">;

export interface RecordedEnd {
  readonly at: WorldUs;
  readonly interrupted: boolean;
  readonly wallSeconds: number;
  readonly results: readonly LiveDeviceResult[];
}

/**
 * Writes down a live world: what decides it, every input with the µs at which it was put in, and
 * what its gateways said, in the order in which it happened. An input counts as put in after all
 * events that were due by its µs, as `WallClock.sync` sees to.
 */
export class Recorder {
  readonly #run: RecordedRun;
  readonly #write: (line: string) => void;
  /** Written with the first thing that happens: a run that never began leaves nothing. */
  #head: RecordingHead | undefined;
  #isOver = false;

  constructor(run: RecordedRun, write: (line: string) => void) {
    this.#run = run;
    this.#write = write;
  }

  begin(world: LiveParameters, firmware: FirmwareFacts): void {
    const { version, scenario, seed, options } = this.#run;
    const { gpsAtStart, gateways, statsIntervalS, isLenient, acknowledges, joinSpreadS } = world;
    this.#head = {
      type: "recording",
      schemaVersion: RECORDING_VERSION,
      version,
      scenario,
      seed,
      options,
      firmware,
      world: { gpsAtStart, gateways, statsIntervalS, isLenient, acknowledges, joinSpreadS },
    };
  }

  start(at: WorldUs): void {
    this.#line({ type: "start", at });
  }

  command(at: WorldUs, gateway: number, command: DownlinkCommand): void {
    this.#line(lineOfCommand(at, gateway, command));
  }

  event(at: WorldUs, gateway: number, event: GatewayEvent): void {
    this.#line(lineOfEvent(at, gateway, event));
  }

  end({ at, interrupted, wallSeconds, results }: RecordedEnd): void {
    this.#line({ type: "end", at, interrupted, wallSeconds });
    for (const result of results) this.#line(lineOfDevice(result));
    this.#isOver = true;
  }

  /** The world threw. */
  crashed(at: WorldUs, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#line({ type: "crashed", at, error: text.slice(0, 1000) });
    this.#isOver = true;
  }

  /** What a server says to a fleet that is being taken down is of no run. */
  #line(line: RecordingLine): void {
    if (this.#isOver) return;
    if (this.#head !== undefined) this.#write(`${JSON.stringify(this.#head)}\n`);
    this.#head = undefined;
    this.#write(`${JSON.stringify(line)}\n`);
  }
}
