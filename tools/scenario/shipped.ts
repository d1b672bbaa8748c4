import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The scenarios that come with the package, in the source tree and in `dist/` alike. */
const FOLDER = new URL("../../scenarios/", import.meta.url);

export function shippedNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** Path of a scenario called by its name; a file of that name in the working directory comes first. */
export function shippedPathOf(name: string): string | undefined {
  if (!/^[a-z0-9-]+$/.test(name) || existsSync(name)) return undefined;
  return shippedNames().includes(name) ? fileURLToPath(new URL(`${name}.yaml`, FOLDER)) : undefined;
}

/** Path of the published schema. */
export function schemaPath(): string {
  return fileURLToPath(new URL("scenario.schema.json", FOLDER));
}
