import { createHash } from "node:crypto";
import type { ListedDevice } from "#tools/pull/device-list.ts";

const TOKEN_LENGTH = 20;

/** The device profile that holds all that belongs to a fleet. */
export function profileNameOf(fleet: string): string {
  return `fuota ${fleet}`;
}

/** Devices of a fleet: the same names and tokens for the same fleet and seed. */
export function fleetDevices(fleet: string, seed: number, count: number): readonly ListedDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `fuota ${fleet} ${index + 1}`;
    const hash = createHash("sha256")
      .update(JSON.stringify([seed, name]))
      .digest("base64url");
    return { name, token: hash.replaceAll(/[-_]/g, "0").slice(0, TOKEN_LENGTH) };
  });
}
