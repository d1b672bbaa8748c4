import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError, systemCodeOf } from "#tools/errors.ts";
import { shippedPathOf } from "#tools/scenario/shipped.ts";
import type { FirmwareOptions } from "./firmware-file.ts";

/** The files that a run reads. */
export function inputsOf(
  { firmware, key }: FirmwareOptions,
  sources: readonly string[],
): readonly (string | undefined)[] {
  return [...sources.map((source) => shippedPathOf(source) ?? source), firmware, key];
}

/**
 * Throws `InputError` when two outputs are one file, or one of them is an input, which opening it
 * would empty.
 */
export function requireSeparate(
  outputs: readonly (string | undefined)[],
  inputs: readonly (string | undefined)[],
): void {
  const read = new Set(inputs.flatMap((path) => (path === undefined ? [] : [placeOf(path)])));
  const written = new Set<string>();
  for (const path of outputs) {
    if (path === undefined) continue;
    const place = path === "-" ? path : placeOf(path);
    if (written.has(place)) {
      const where = path === "-" ? "standard output" : path;
      throw new InputError(`two outputs cannot go to ${where}`);
    }
    if (read.has(place)) throw new InputError(`${path}: is read, and would be overwritten`);
    written.add(place);
  }
}

/** One name for a file, however it is spelled. */
function placeOf(path: string): string {
  return (
    realPathOf(path) ?? join(realPathOf(dirname(path)) ?? resolve(dirname(path)), basename(path))
  );
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}
