import { expect, test } from "vitest";
import { failuresOf } from "#tools/report/html/failures.ts";
import { reported } from "./devices.ts";

test("reasons by how many devices they have, each with its first device", () => {
  const devices = [
    reported(0),
    reported(1, { state: "failed", reason: "mic" }),
    reported(2, { state: "failed", reason: "shortOfRows" }),
    reported(3, { state: "failed", reason: "shortOfRows" }),
    reported(4, { state: "failed", reason: "of a later version" }),
  ];
  expect(failuresOf(devices)).toEqual([
    {
      reason: "shortOfRows",
      meaning: "too few independent fragments arrived",
      count: 2,
      example: 2,
    },
    { reason: "mic", meaning: "the data block's own check failed", count: 1, example: 1 },
    { reason: "of a later version", meaning: "", count: 1, example: 4 },
  ]);
});
