import type { Signer } from "#agent/image/make.ts";
import type { Crypto, PublicKey } from "#hal/ports.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { Cell, type CellAirtime } from "./cell.ts";
import { makeFirmware } from "./firmware.ts";
import { type FleetProgress, progressOf } from "./progress.ts";
import type { DeviceResult } from "./result.ts";
import { type FirmwareFacts, firmwareFacts, fleetImages, kindOf } from "./roster.ts";
import type { CellSurvey } from "./survey.ts";

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
  const { count, perCell } = scenario.devices;
  const shard = input.shard ?? { index: 1, count: 1 };
  const images = fleetImages(firmware, crypto);
  const cells = Array.from({ length: Math.ceil(count / perCell) }, (_, index) => index);
  const own = cells.filter((index) => index % shard.count === shard.index - 1);
  const sizeOf = (index: number) => Math.min(perCell, count - index * perCell);
  const devices = own.reduce((sum, index) => sum + sizeOf(index), 0);
  const finished: FleetProgress[] = [];
  for (const index of own) {
    const first = index * perCell;
    const ids = Array.from({ length: sizeOf(index) }, (_, at) => first + at);
    const cell = new Cell({
      index,
      scenario,
      seed,
      members: ids.map((id) => ({ id, kind: kindOf(scenario.devices, seed, id) })),
      firmware,
      factoryImage: images.factory,
      updateHash: images.updateHash,
      crypto,
      isSurveyed: input.isSurveyed ?? false,
      eventsMax: input.eventsMax ?? Number.POSITIVE_INFINITY,
    });
    runCell(cell, index, seed, () =>
      input.onProgress?.(progressOf(cell, finished, own.length, devices)),
    );
    finished.push(progressOf(cell, [], 1, ids.length));
    for (const result of cell.results()) input.onDevice?.(result);
    const survey = cell.survey();
    input.onCell?.({
      index,
      devices: ids.length,
      events: cell.engine.events,
      virtualSeconds: Math.round(cell.engine.now / 1e3) / 1e3,
      traceHash: cell.trace.toString(),
      airtime: cell.airtime,
      ...(survey === undefined ? {} : { survey }),
    });
  }
  return { firmware: firmwareFacts(firmware, images, scenario.firmware.version, crypto) };
}

function runCell(cell: Cell, index: number, seed: number, onProgress: () => void): void {
  try {
    cell.run(onProgress);
  } catch (cause) {
    const where = `cell ${index}, event ${cell.engine.events}, seed ${seed}`;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new SimulationBug(`${where}: ${what}`, { cause });
  }
}
