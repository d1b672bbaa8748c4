import type { LiveFleet, LiveFleetInput } from "#sim/fleet/live-fleet.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { InputError } from "#tools/errors.ts";
import { type LiveDeviceResult, liveResultOf } from "#tools/fleet/live-world.ts";
import { differenceOf } from "#tools/replay/compare.ts";
import { commandOf, lineOfDevice, lineOfEvent } from "./lines.ts";
import type { Recorded, RecordedLine } from "./read.ts";
import type { CommandLine, DeviceLine, EndLine, EventLine } from "./schema.ts";

const NO_VIEW = { complete: false, error: "" };
/** Of the world, at a time: so that Ctrl-C is heard in between. */
const STRIDE_US = 60_000_000;

/**
 * The device side of a live run again, without its server: the recorded commands are put in when
 * they were, and what the gateways say is held against what they said.
 */
export class Replay {
  readonly fleet: LiveFleet;
  readonly #eventsMax: number;
  /** Said, and not yet found in the recording. */
  readonly #said: EventLine[] = [];
  readonly #results = new Map<number, LiveDeviceResult>();
  #isStarted = false;
  /** The first one. */
  difference: string | undefined;
  /** Undefined: the recording has not come to it. */
  end: EndLine | undefined;

  /** Stops before event `eventsMax` of its world. */
  constructor(makeFleet: (emit: LiveFleetInput["emit"]) => LiveFleet, eventsMax: number) {
    this.#eventsMax = eventsMax;
    this.fleet = makeFleet((gateway, event) => {
      const { now } = this.fleet.engine;
      if (this.difference === undefined) this.#said.push(lineOfEvent(now, gateway, event));
    });
  }

  get isStopped(): boolean {
    return this.fleet.engine.events >= this.#eventsMax;
  }

  /** A stride towards the time of a line; true when there, or stopped. Throws `InputError`. */
  approach({ where, line }: Recorded<RecordedLine>): boolean {
    if (line.type === "device") return true;
    const { engine } = this.fleet;
    if (this.end !== undefined) throw new InputError(`${where}: follows the end of the run`);
    if (line.at < engine.now) throw new InputError(`${where}: is earlier than the line before it`);
    this.#advance(Math.min(line.at, engine.now + STRIDE_US));
    return this.isStopped || engine.now === line.at;
  }

  /** At the time of the line. Throws `InputError` for one that cannot be of this world. */
  take(recorded: Recorded<RecordedLine>): void {
    const { where, line } = recorded;
    if (this.isStopped) return;
    switch (line.type) {
      case "start":
        if (this.#isStarted) throw new InputError(`${where}: the world was started before`);
        this.#isStarted = true;
        this.fleet.start();
        return;
      case "command":
        this.#command(where, line);
        return;
      case "uplink":
      case "ack":
      case "stats":
        this.#compare(where, line, this.#said.shift());
        return;
      case "end":
        this.end = line;
        this.#nothingMore(where);
        return;
      case "crashed":
        this.#differ(`${where}: the run crashed here (${line.error}), and this one does not`);
        return;
      case "device":
        this.#compareDevice(where, line);
        return;
      default:
        line satisfies never;
    }
  }

  /** Of all devices; with the server's view where the recording has it. */
  results(): readonly LiveDeviceResult[] {
    const { fleet } = this;
    return fleet.members.map(
      (member) => this.#results.get(member.node.id) ?? liveResultOf(fleet, member, NO_VIEW),
    );
  }

  #advance(at: WorldUs): void {
    const { engine } = this.fleet;
    engine.run(at, () => this.isStopped);
    if (!this.isStopped) engine.advance(at);
  }

  #command(where: string, line: CommandLine): void {
    const { gateways } = this.fleet;
    if (line.gateway >= gateways) {
      throw new InputError(`${where}: gateway is ${line.gateway}, of ${gateways} from 0`);
    }
    this.fleet.command(line.gateway, commandOf(line));
  }

  #compare(where: string, recorded: EventLine, said: EventLine | undefined): void {
    const name = `${where} (${eventText(recorded)})`;
    if (said === undefined) this.#differ(`${name}: did not happen`);
    else this.#differ(differenceOf(recorded, said, name));
  }

  #nothingMore(where: string): void {
    const [more] = this.#said;
    if (more !== undefined) this.#differ(`${where}: ${eventText(more)} is not in the recording`);
  }

  #compareDevice(where: string, line: DeviceLine): void {
    const member = this.fleet.members[line.id];
    if (member === undefined || this.#results.has(line.id) || this.end === undefined) {
      throw new InputError(`${where}: device ${line.id} has no place here`);
    }
    const view = { complete: line.serverComplete, error: line.serverError };
    const result = liveResultOf(this.fleet, member, view);
    this.#results.set(line.id, result);
    this.#differ(differenceOf(line, lineOfDevice(result), `${where} (device ${line.id})`));
  }

  #differ(text: string | undefined): void {
    this.difference ??= text;
  }
}

function eventText({ type, gateway, at }: EventLine): string {
  return `${type} of gateway ${gateway} at ${(at / 1e6).toFixed(6)} s`;
}
