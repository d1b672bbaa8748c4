import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hexOf } from "#agent/pull/checksum.ts";
import type { Firmware } from "#sim/server/drogue/update-service.ts";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf, readInputFile, writeOutputFile } from "#tools/files.ts";

export const FIRMWARE_BYTES_MAX = 64 * 1024 * 1024;
const ABOUT_BYTES_MAX = 65_536;

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

/** Whether it is there or not. Throws `InputError`. */
export function removeFromIndex(folder: string, name: string): void {
  for (const file of [`${name}.json`, `${name}.bin`]) {
    try {
      rmSync(join(folder, file), { force: true });
    } catch (error) {
      throw new InputError(`cannot remove ${file}: ${fileReasonOf(error) ?? String(error)}`);
    }
  }
}

/** That of a file, not of a way to one. */
const NAME = /^[^/\\]{1,200}$/;

/** What lies in such a folder under a name. Files that are none of an index are as good as not there. */
export function findInIndex(folder: string, name: string): Firmware | undefined {
  if (!NAME.test(name)) return undefined;
  try {
    const about = readInputFile(join(folder, `${name}.json`), ABOUT_BYTES_MAX);
    const { version, checksum = "" } = Object(JSON.parse(new TextDecoder().decode(about)));
    if (typeof version !== "string" || typeof checksum !== "string") return undefined;
    const data = readInputFile(join(folder, `${name}.bin`), FIRMWARE_BYTES_MAX);
    const digest = Buffer.from(checksum.replace(/^sha256:/, ""), "hex");
    return { name, version, data, checksum: digest };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InputError) return undefined;
    throw error;
  }
}
