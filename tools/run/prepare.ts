import { type ResolvedScenario, resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { cellsOf } from "#sim/fleet/cells.ts";
import { InputError } from "#tools/errors.ts";
import type { Report } from "#tools/report/schema.ts";
import { checkScenario } from "#tools/scenario/check.ts";
import type { LoadedScenario } from "#tools/scenario/load.ts";
import type { FirmwareFile, FirmwareSizesOf } from "./firmware-file.ts";
import type { Shard, SuppliedFirmware } from "./simulation.ts";

/** A scenario with everything the command line changed about it; known to be runnable. */
export interface PreparedRun {
  readonly loaded: LoadedScenario;
  readonly scenario: Scenario;
  readonly resolved: ResolvedScenario;
  readonly firmware: SuppliedFirmware | undefined;
  readonly options: Report["options"];
  readonly shard: Shard | undefined;
  /** Stops every cell before this event of its own. */
  readonly eventsMax?: number | undefined;
}

export interface Overrides {
  readonly devices?: number | undefined;
  readonly shard?: Shard | undefined;
  readonly firmware?: FirmwareFile | undefined;
  readonly firmwareSizesOf: FirmwareSizesOf;
}

/** Throws `InputError` when the parts do not fit each other. */
export function prepare(loaded: LoadedScenario, overrides: Overrides): PreparedRun {
  const { devices, firmware, shard, firmwareSizesOf } = overrides;
  const scenario = devices === undefined ? loaded.scenario : withFleetSize(loaded, devices);
  const resolved = resolveScenario(scenario);
  const imageBytes = firmware?.imageBytes ?? resolved.firmware.sizeBytes;
  const isPatch = resolved.firmware.deltaPercent !== undefined;
  const sentBytes = isPatch ? firmwareSizesOf(scenario, firmware?.supplied).sentBytes : imageBytes;
  const problem = checkScenario(resolved, imageBytes, sentBytes);
  if (problem !== undefined) {
    const isFile = firmware !== undefined && problem.path.join(".") === "firmware.sizeBytes";
    const where = isFile ? `${firmware.source}: size as a signed image ${problem.text}` : "";
    throw new InputError(isFile ? where : loaded.locate(problem));
  }
  if (shard !== undefined && shard.count > 1 && cellsOf(resolved).length === 1) {
    const mend = "set devices.perCell below devices.count";
    throw new InputError(`${loaded.source}: has one cell and cannot be sharded; ${mend}`);
  }
  return {
    loaded,
    scenario,
    resolved,
    firmware: firmware?.supplied,
    options: { devices: devices ?? null, firmware: firmware?.form ?? "generated" },
    shard,
  };
}

/** Of the LoRaWAN devices, or else of the only group that pulls. */
function withFleetSize({ scenario, locate }: LoadedScenario, count: number): Scenario {
  if (scenario.devices !== undefined) {
    return { ...scenario, devices: { ...scenario.devices, count } };
  }
  const [only, another] = scenario.pull ?? [];
  if (only !== undefined && another === undefined)
    return { ...scenario, pull: [{ ...only, count }] };
  const text = "has several groups; instead of --devices give --set pull.0.count=N";
  throw new InputError(locate({ path: ["pull"], text }));
}
