import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { hexOf } from "#agent/pull/checksum.ts";
import type { Firmware } from "#sim/server/drogue/update-service.ts";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf, writeOutputFile } from "#tools/files.ts";

/** Publishes a firmware in a folder as drogue-ajour's file index has it. Throws `InputError`. */
export function writeFileIndex(folder: string, { name, version, data, checksum }: Firmware): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`cannot make ${folder}: ${fileReasonOf(error) ?? String(error)}`);
  }
  const facts = { version, checksum: hexOf(checksum), size: data.length };
  writeOutputFile(join(folder, `${name}.bin`), data);
  writeOutputFile(join(folder, `${name}.json`), `${JSON.stringify(facts)}\n`);
}
