import type { LoadedScenario } from "#tools/scenario/load.ts";
import type { RunOptions, RunParts } from "./command.ts";
import { readFirmwareFile } from "./firmware-file.ts";
import { type PreparedRun, prepare } from "./prepare.ts";

export type { PreparedRun } from "./prepare.ts";

/** A scenario as the command line wants it. Throws `InputError`. */
export function preparedRun(
  loaded: LoadedScenario,
  options: RunOptions,
  parts: RunParts,
): PreparedRun {
  const { devices, shard, seed } = options;
  const scenario = seed === undefined ? loaded.scenario : { ...loaded.scenario, seed };
  const { firmwareSizesOf, terminal } = parts;
  const firmware = readFirmwareFile(options, scenario, firmwareSizesOf, terminal);
  return prepare({ ...loaded, scenario }, { devices, shard, firmware, firmwareSizesOf });
}
