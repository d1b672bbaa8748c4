import { expect, test } from "vitest";
import { briefly } from "#tools/decode/brief.ts";
import type { Direction } from "#tools/decode/packages.ts";
import { hex } from "../../hex.ts";

const KEY = "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff";

/** Commands of TS005 §3 and TS004 §3, version 1.0.0. */
test.each<[string, number, Direction, string, string]>([
  ["no payload", 200, "down", "", "nothing"],
  ["no package's port", 17, "down", "00 01 02", "3 bytes on port 17"],
  ["noise", 200, "down", "ff 01", "byte 0 and on: not understood"],
  [
    "a key, which is not told",
    200,
    "down",
    `02 01 78 56 34 12 ${KEY} 00 00 00 00 ff 00 00 00`,
    "McGroupSetupReq: sets a multicast group up (mcGroupId 1, mcAddr 0x12345678, minMcFCnt 0, maxMcFCnt 255)",
  ],
  [
    "data, which is not told; the flag is",
    201,
    "down",
    "08 07 40 aa bb cc",
    "DataFragment: one fragment (n 7, fragIndex 1)",
  ],
  ["no fields", 200, "down", "00", "PackageVersionReq: asks for the version of the package"],
  [
    "two, the second cut short",
    200,
    "down",
    "00 03",
    "PackageVersionReq: asks for the version of the package; byte 1 and on: not understood",
  ],
  [
    "an error flag",
    200,
    "up",
    "04 04",
    "McClassCSessionAns: answers a class C session (mcGroupId 0, the data rate cannot be used)",
  ],
])("%s", (_, fPort, direction, bytes, words) => {
  expect(briefly(fPort, hex(bytes), direction, "v1")).toBe(words);
});
