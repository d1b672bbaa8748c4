import { hashPrefixOf } from "#agent/boot/record.ts";
import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { DeviceStatus } from "#agent/status.ts";
import { OracleViolation } from "./violation.ts";

/** I11: what a device says of itself is so: what runs, and that a complete block misses nothing. */
export function requireTrueStatus(status: DeviceStatus, running: ImageIdentity): void {
  if (hashPrefixOf(status.running.hash) !== hashPrefixOf(running.hash)) {
    const said = `${status.running.version}, and ${running.version} runs`;
    throw new OracleViolation("I11", `the device says that it is ${said}`);
  }
  for (const { fragIndex, state, missing } of status.sessions) {
    if (state === "complete" && missing > 0) {
      throw new OracleViolation("I11", `session ${fragIndex} is complete and misses ${missing}`);
    }
  }
}
