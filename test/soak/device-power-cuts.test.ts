import { describe, expect, test } from "vitest";
import { allCuts } from "../agent/boot/cut-kinds.ts";
import { callsOf, operationsOf } from "../agent/update-story.ts";
import { cutCalls, cutOperation, liveThroughStorms } from "../agent/whole-cuts.ts";
import { Tally } from "../reliability/tally.ts";

/** Port calls after a cut in which the second one may come. */
const REACH = 24;

describe.each([1, 2, 4, 8, 16, 32])("a whole update, granule %i", (granuleBytes) => {
  describe.each([1, 2] as const)("TS004 v%i", (version) => {
    test("a power cut in every flash operation, every way, every byte prefix", () => {
      const tally = new Tally("device/operations");
      for (const operation of operationsOf(granuleBytes, version)) {
        for (const cut of allCuts(operation)) {
          tally.case(() => cutOperation(granuleBytes, version, operation.index, cut));
        }
      }
      expect(tally.close()).toBeGreaterThan(500);
    });

    test("a power cut between every two port calls", () => {
      const tally = new Tally("device/calls");
      callsOf(granuleBytes, version).forEach((_, index) => {
        tally.case(() => cutCalls(granuleBytes, version, [index]));
      });
      expect(tally.close()).toBeGreaterThan(200);
    });
  });

  test("two power cuts between port calls, the second soon after the first", () => {
    const tally = new Tally("device/two-calls");
    callsOf(granuleBytes).forEach((_, first) => {
      for (let after = 1; after <= REACH; after++) {
        tally.case(() => cutCalls(granuleBytes, 2, [first, first + after]));
      }
    });
    expect(tally.close()).toBeGreaterThan(4000);
  });

  test("storms of 2 to 6 power cuts", () => {
    const tally = new Tally("device/storms");
    const operations = operationsOf(granuleBytes);
    const first = operations[0]?.index ?? 0;
    liveThroughStorms(granuleBytes, { first, end: first + operations.length }, 1500, tally);
    expect(tally.close()).toBe(1500);
  });
});
