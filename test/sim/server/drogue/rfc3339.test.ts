import fc from "fast-check";
import { expect, test } from "vitest";
import { rfc3339 } from "#sim/server/drogue/rfc3339.ts";

test("any moment of four digits: as everybody writes it", () => {
  const moment = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });
  fc.assert(
    fc.property(moment, (unixMs) => {
      expect(rfc3339(unixMs)).toBe(new Date(unixMs).toISOString());
    }),
    { examples: [[0], [Date.UTC(2000, 1, 29)], [Date.UTC(2100, 1, 28)], [Date.UTC(2024, 11, 31)]] },
  );
});
