import { expect, test } from "vitest";
import { judgeUplink } from "#sim/server/uplink-verdict.ts";

/** Next counter, the 16 bits on the air, the counter that the MIC was made with, the verdict. */
test.each<[number, number, number | undefined, string]>([
  [0, 0, 0, "new 0"],
  [5, 5, 5, "new 5"],
  [5, 9, 9, "new 9"],
  [5, 4, 4, "repeat 4"],
  [5, 3, 3, "old 3"],
  [5, 3, 65_539, "new 65539"],
  [65_536, 65_535, 65_535, "repeat 65535"],
  [65_536, 0, 0, "old 0"],
  [70_000, 60_000, 60_000, "old 60000"],
  [0, 7, undefined, "forged"],
  [5, 4, undefined, "forged"],
  [5, 5, 4, "forged"],
  [2 ** 32, 0xffff, 2 ** 32 - 1, "repeat 4294967295"],
])("next %i, on the air %i, authentic with %s: %s", (next, fCntLow, signed, expected) => {
  const verdict = judgeUplink({ fCntLow }, next, (fCnt) => fCnt === signed);
  expect(verdict.type === "forged" ? "forged" : `${verdict.type} ${verdict.fCnt}`).toBe(expected);
});
