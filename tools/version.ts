import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The version in package.json, which is found from the source tree and from `dist/` alike. */
export function readVersion(): string {
  const path = createRequire(import.meta.url).resolve("fuota/package.json");
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof parsed === "object" && parsed !== null && "version" in parsed) {
    return String(parsed.version);
  }
  throw new RangeError(`no version in ${path}`);
}
