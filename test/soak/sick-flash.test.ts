import { expect, test } from "vitest";
import { outcomeOfCase, sickCases } from "../agent/sick-flash.ts";
import { Tally } from "../reliability/tally.ts";

test.each([1, 4, 8, 16, 32])("every fault, place and moment, granule %i", (granuleBytes) => {
  const tally = new Tally("sick/flash");
  const counts = new Map<string, number>();
  for (const sick of sickCases(granuleBytes)) {
    tally.case(() => {
      const outcome = outcomeOfCase(sick);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    });
  }
  const words = [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  process.stdout.write(`granule ${granuleBytes}: ${words}\n`);
  expect(tally.close()).toBeGreaterThan(5000);
});
