import { expect, test } from "vitest";
import { Tally } from "../reliability/tally.ts";
import { outcomeOfCase, type SickOutcome, sickCases } from "./sick-flash.ts";

/** Of every granule, each 11th case; test/soak/sick-flash.test.ts tries them all. */
test.each([1, 8, 32])(
  "whatever falls ill: an update or a reason, granule %i",
  { timeout: 180_000 },
  (granuleBytes) => {
    const tally = new Tally("sick-ci/flash");
    const outcomes = new Set<SickOutcome>();
    for (const [index, sick] of sickCases(granuleBytes).entries()) {
      if (index % 11 !== 0) continue;
      tally.case(() => outcomes.add(outcomeOfCase(sick)));
    }
    expect(tally.close()).toBeGreaterThan(400);
    for (const outcome of ["updated", "storage", "rolledBack"] as const) {
      expect(outcomes).toContain(outcome);
    }
  },
);
