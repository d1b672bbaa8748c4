import type { DeviceStatus } from "#agent/status.ts";
import { OracleViolation } from "./violation.ts";

/**
 * I14: what a device knew when its life ended between two events, it knows in the next. No fragment
 * that counted is needed again, and no frame counter is free to be used again.
 */
export function requireRemembered(before: DeviceStatus, after: DeviceStatus): void {
  for (const session of before.sessions) {
    const { fragIndex, nbFrag, fragSize, missing } = session;
    const now = after.sessions.find((each) => each.fragIndex === fragIndex);
    if (now === undefined || now.nbFrag !== nbFrag || now.fragSize !== fragSize) {
      throw new OracleViolation("I14", `session ${fragIndex} is forgotten`);
    }
    if (now.missing > missing) {
      const fell = `${missing} fragments, and misses ${now.missing} after it`;
      throw new OracleViolation("I14", `session ${fragIndex} missed ${fell}`);
    }
  }
  for (const { groupId, mcAddr, nextMcFCnt } of before.groups) {
    const now = after.groups.find((each) => each.groupId === groupId);
    if (now === undefined || now.mcAddr !== mcAddr) {
      throw new OracleViolation("I14", `group ${groupId} is forgotten`);
    }
    if (now.nextMcFCnt < nextMcFCnt) {
      const fell = `from ${nextMcFCnt} to ${now.nextMcFCnt}`;
      throw new OracleViolation("I14", `the frame counter of group ${groupId} fell ${fell}`);
    }
  }
}
