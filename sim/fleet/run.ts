import type { Signer } from "#agent/image/make.ts";
import type { Crypto, PublicKey } from "#hal/ports.ts";
import { type ResolvedScenario, resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { PullCell } from "#sim/pull/cell.ts";
import { Cell, type CellAirtime } from "./cell.ts";
import { type CellPlan, cellsOf } from "./cells.ts";
import { type FirmwarePair, makeFirmware } from "./firmware.ts";
import { type FleetProgress, progressOf } from "./progress.ts";
import type { DeviceResult } from "./result.ts";
import {
  type FirmwareFacts,
  type FleetImages,
  firmwareFacts,
  fleetImages,
  kindOf,
} from "./roster.ts";
import type { CellSurvey } from "./survey.ts";
import type { World } from "./world.ts";

export interface RunInput {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Payload to sign, or an image that `trusted` keys have signed. */
  readonly firmware?: { readonly bytes: Uint8Array; readonly trusted: readonly PublicKey[] };
  /** Takes the cells `c` with `c mod count = index - 1`. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** Every cell stops before this event of its own. */
  readonly eventsMax?: number;
  /** Keep what a report with pictures needs. */
  readonly isSurveyed?: boolean;
  readonly onProgress?: (progress: FleetProgress) => void;
  readonly onDevice?: (device: DeviceResult) => void;
  readonly onCell?: (cell: CellSummary) => void;
}

export interface CellSummary {
  readonly index: number;
  readonly devices: number;
  readonly events: number;
  readonly virtualSeconds: number;
  readonly traceHash: string;
  readonly airtime: CellAirtime;
  /** When asked for. */
  readonly survey?: CellSurvey;
}

export interface RunResult {
  readonly firmware: FirmwareFacts;
}

/** The device crashed the simulation: a bug, with everything that finds it again. */
export class SimulationBug extends Error {
  override readonly name = "SimulationBug";
}

/** Simulates a fleet, cell after cell, each from its beginning to its end. */
export function runScenario(input: RunInput, crypto: Crypto, signer: Signer): RunResult {
  const scenario = resolveScenario(input.scenario);
  const { seed } = input;
  const firmware = makeFirmware(scenario.firmware, seed, signer, crypto, input.firmware);
  const shard = input.shard ?? { index: 1, count: 1 };
  const images = fleetImages(firmware, crypto);
  const own = cellsOf(scenario).filter(({ index }) => index % shard.count === shard.index - 1);
  const devices = own.reduce((sum, { members }) => sum + members.length, 0);
  const finished: FleetProgress[] = [];
  const maker = new CellMaker(input, scenario, firmware, images, crypto, signer);
  for (const plan of own) {
    const { index, members } = plan;
    const world = maker.make(plan);
    const { engine } = world;
    runCell(world, index, seed, () => {
      const running = { engine, counts: world.counts() };
      input.onProgress?.(progressOf(running, finished, own.length, devices));
    });
    finished.push(progressOf({ engine, counts: world.counts() }, [], 1, members.length));
    for (const result of world.results()) input.onDevice?.(result);
    const survey = world.survey();
    input.onCell?.({
      index,
      devices: members.length,
      events: engine.events,
      virtualSeconds: Math.round(engine.now / 1e3) / 1e3,
      traceHash: world.trace.toString(),
      airtime: world.airtime,
      ...(survey === undefined ? {} : { survey }),
    });
  }
  return { firmware: firmwareFacts(firmware, images, scenario.firmware.version, crypto) };
}

/** Makes the cells of one run when their turn comes. */
class CellMaker {
  readonly #input: RunInput;
  readonly #scenario: ResolvedScenario;
  readonly #firmware: FirmwarePair;
  readonly #images: FleetImages;
  readonly #crypto: Crypto;
  readonly #signer: Signer;

  constructor(
    input: RunInput,
    scenario: ResolvedScenario,
    firmware: FirmwarePair,
    images: FleetImages,
    crypto: Crypto,
    signer: Signer,
  ) {
    this.#input = input;
    this.#scenario = scenario;
    this.#firmware = firmware;
    this.#images = images;
    this.#crypto = crypto;
    this.#signer = signer;
  }

  make({ index, members, pull }: CellPlan): World {
    const { seed, isSurveyed = false, eventsMax = Number.POSITIVE_INFINITY } = this.#input;
    const scenario = this.#scenario;
    const { factory, update, updateHash } = this.#images;
    const common = {
      ...{ index, scenario, seed, isSurveyed, eventsMax, updateHash },
      firmware: this.#firmware,
      factoryImage: factory,
      crypto: this.#crypto,
    };
    if (pull === undefined) {
      const kinds = members.map((id) => ({ id, kind: kindOf(scenario.devices, seed, id) }));
      return new Cell({ ...common, members: kinds });
    }
    const updateVersion = update?.version ?? scenario.firmware.version;
    return new PullCell({ ...common, ...pull, members, updateVersion, signer: this.#signer });
  }
}

function runCell(world: World, index: number, seed: number, onProgress: () => void): void {
  try {
    world.run(onProgress);
  } catch (cause) {
    const where = `cell ${index}, event ${world.engine.events}, seed ${seed}`;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new SimulationBug(`${where}: ${what}`, { cause });
  }
}
