import type { Signer } from "#agent/image/make.ts";
import { verifyImage } from "#agent/image/verify.ts";
import type { Crypto, PublicKey } from "#hal/ports.ts";
import { type ResolvedKind, resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import { Cell, type CellAirtime } from "./cell.ts";
import { type FirmwarePair, hexOf, makeFirmware } from "./firmware.ts";
import { type FleetProgress, progressOf } from "./progress.ts";
import type { DeviceResult } from "./result.ts";
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
  readonly firmware: {
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly version: string;
    /** Of the patch that was sent instead of the image. */
    readonly patchBytes?: number;
  };
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
  const { count, perCell, kinds } = scenario.devices;
  const shard = input.shard ?? { index: 1, count: 1 };
  const update = identityOf(firmware, firmware.update, crypto);
  const factory = identityOf(firmware, firmware.factory, crypto);
  if (factory === undefined) throw new RangeError("the factory image does not verify");
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
      members: ids.map((id) => ({ id, kind: kindOf(kinds, seed, id) })),
      firmware,
      factoryImage: factory,
      updateHash: update?.hash ?? crypto.hashOf("sha256", firmware.update),
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
  return {
    firmware: {
      sha256: hexOf(crypto.hashOf("sha256", firmware.update)),
      sizeBytes: firmware.update.length,
      version: update?.version ?? scenario.firmware.version,
      ...(firmware.sent === firmware.update ? {} : { patchBytes: firmware.sent.length }),
    },
  };
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

/** What the image says of itself; undefined when it is defective on purpose. */
function identityOf({ keys }: FirmwarePair, image: Uint8Array, crypto: Crypto) {
  const reader = {
    sizeBytes: image.length,
    read: (offset: number, target: Uint8Array) =>
      target.set(image.subarray(offset, offset + target.length)),
  };
  const verdict = verifyImage(reader, { keys, securityCounterMin: 0 }, crypto);
  return verdict.ok ? verdict.image : undefined;
}

/** The kind of a device is drawn by the weights, from its number alone. */
function kindOf(kinds: readonly ResolvedKind[], seed: number, id: number): ResolvedKind {
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  let left = draw32(drawKey(seed, id, "kind"), 0) % total;
  for (const kind of kinds) {
    if (left < kind.share) return kind;
    left -= kind.share;
  }
  throw new RangeError("a fleet without kinds");
}
