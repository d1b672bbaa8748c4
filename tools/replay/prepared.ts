import { InputError } from "#tools/errors.ts";
import type { Report } from "#tools/report/schema.ts";
import type { RunParts } from "#tools/run/command.ts";
import { type FirmwareOptions, readFirmwareFile } from "#tools/run/firmware-file.ts";
import { type PreparedRun, prepare } from "#tools/run/prepare.ts";
import { parseScenario } from "#tools/scenario/load.ts";

export interface ReplayOptions {
  readonly run: number;
  readonly until?: number;
  readonly device?: number;
  readonly firmware?: string;
  readonly key?: string;
  readonly json?: string;
  readonly ndjson?: string;
}

/** What a report and a recording have in common: enough to prepare their run again. */
type Recorded = Pick<Report, "version" | "scenario" | "seed" | "options" | "firmware"> &
  Partial<Pick<Report, "shard">>;

/** Throws `InputError`. */
export function preparedAgain(
  path: string,
  recorded: Recorded,
  options: FirmwareOptions,
  { terminal, firmwareSizesOf, version }: RunParts,
): PreparedRun {
  if (recorded.version !== version) {
    terminal.err(`fuota: ${path} was written by version ${recorded.version}; this is ${version}\n`);
  }
  const loaded = parseScenario(recorded.scenario.text, `${path} (scenario)`);
  if (loaded.sha256 !== recorded.scenario.sha256) {
    throw new InputError(`${path}: scenario.sha256 is not that of scenario.text`);
  }
  if ((recorded.options.firmware === "generated") !== (options.firmware === undefined)) {
    const { sha256 } = recorded.firmware;
    throw new InputError(
      options.firmware === undefined
        ? `${path}: was run with a firmware file (image ${sha256.slice(0, 12)}…); give it with --firmware`
        : `${path}: was run without --firmware`,
    );
  }
  const scenario = { ...loaded.scenario, seed: recorded.seed };
  return prepare(
    { ...loaded, scenario },
    {
      devices: recorded.options.devices ?? undefined,
      shard: recorded.shard ?? undefined,
      firmware: readFirmwareFile(options, scenario, firmwareSizesOf, terminal),
      firmwareSizesOf,
    },
  );
}
