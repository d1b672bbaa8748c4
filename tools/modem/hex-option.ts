import { InvalidArgumentError } from "commander";
import { bytesFrom } from "#sim/modem/hex-text.ts";

/** An option of so many bytes, with or without separators. */
export function hexBytes(count: number): (text: string) => Uint8Array {
  return (text) => {
    const bytes = bytesFrom(text.replace(/[: -]/g, ""), count);
    if (bytes !== undefined) return bytes;
    throw new InvalidArgumentError(`expected ${2 * count} hex digits`);
  };
}
