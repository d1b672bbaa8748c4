import { COMMAND_WORDS } from "./command-words.ts";
import { type Row, rowsOf } from "./explain.ts";
import { type Direction, PACKAGES, type PackageVersion } from "./packages.ts";

/** Commands of a payload in a line, without keys and data; what cannot be read is told as such. */
export function briefly(
  fPort: number,
  payload: Uint8Array,
  direction: Direction,
  version: PackageVersion,
): string {
  const set = PACKAGES.get(fPort)?.setOf(direction, version);
  if (set === undefined) return `${payload.length} bytes on port ${fPort}`;
  const parts = set.decode(payload).map((decoded) => {
    if (!decoded.ok) return `byte ${decoded.at} and on: not understood`;
    const { name } = decoded.command;
    const details = rowsOf(decoded.command).flatMap(briefRow);
    const words = COMMAND_WORDS[name] === undefined ? "" : `: ${COMMAND_WORDS[name]}`;
    return `${name}${words}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
  });
  return parts.length === 0 ? "nothing" : parts.join("; ");
}

function briefRow({ name, value, words, isRaw }: Row): readonly string[] {
  // A flag that is not set says nothing.
  if (isRaw || value === "no" || (name === "reservedErrors" && value === "0")) return [];
  if (value === "yes") return [words === "" ? name : words];
  return [`${name} ${words === "" ? value : words}`];
}
