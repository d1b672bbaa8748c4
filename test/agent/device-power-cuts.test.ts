import { describe, expect, test } from "vitest";
import { Tally } from "../reliability/tally.ts";
import { allCuts } from "./boot/cut-kinds.ts";
import { callsOf, operationsOf } from "./update-story.ts";
import { cutCalls, cutOperation } from "./whole-cuts.ts";

const LONG = { timeout: 180_000 };

/* A whole update, from set-up to confirmation. test/soak/device-power-cuts.test.ts tries them all. */

describe.each([1, 8, 32])("granule %i", (granuleBytes) => {
  test("a power cut between any two port calls", LONG, () => {
    const calls = callsOf(granuleBytes);
    expect(calls.length).toBeGreaterThan(200);
    const tally = new Tally("device-ci/calls");
    calls.forEach((_, index) => {
      tally.case(() => cutCalls(granuleBytes, 2, [index]));
    });
    tally.close();
  });

  /** Each operation sees a seventh of the ways, in turn. */
  test("a power cut in any flash operation", LONG, () => {
    const operations = operationsOf(granuleBytes);
    expect(operations.length).toBeGreaterThan(40);
    const tally = new Tally("device-ci/operations");
    for (const operation of operations) {
      for (const [kind, cut] of allCuts(operation).entries()) {
        if ((kind + operation.index) % 7 !== 0) continue;
        tally.case(() => cutOperation(granuleBytes, 2, operation.index, cut));
      }
    }
    tally.close();
  });
});
