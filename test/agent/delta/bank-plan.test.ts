import { describe, expect, test } from "vitest";
import { planOf } from "#agent/delta/bank-plan.ts";
import { BANK } from "./patch-bench.ts";

const geometry = {
  sizeBytes: 4096,
  granuleBytes: 8,
  sectors: [{ address: 0, sizeBytes: 256, count: 16 }],
};
const plan = (patchBytes: number, targetBytes: number) =>
  planOf(geometry, BANK, patchBytes, targetBytes);
const sectorsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => BANK.address + first + 256 * index);

describe("a bank of eight sectors, shared", () => {
  test.each([
    [1, 1, 1, 1],
    [256, 256, 1, 1],
    [257, 257, 2, 2],
    [1, 7 * 256, 1, 7],
    [4 * 256, 4 * 256, 4, 4],
  ])("a patch of %i bytes, a target of %i", (patchBytes, targetBytes, patchSectors, sectors) => {
    expect(plan(patchBytes, targetBytes)).toEqual({
      targetSectors: sectorsFrom(0, sectors),
      patch: { address: BANK.address + 256 * (8 - patchSectors), sizeBytes: 256 * patchSectors },
    });
  });

  test.each([
    ["a target that reaches into the sectors of the patch", 1, 7 * 256 + 1],
    ["a patch that would be moved over itself", 4 * 256 + 1, 1],
    ["a patch larger than the bank", 8 * 256 + 1, 1],
  ])("not with %s", (_, patchBytes, targetBytes) => {
    expect(plan(patchBytes, targetBytes)).toBeUndefined();
  });
});
