import { expect, test } from "vitest";
import { Tally } from "../reliability/tally.ts";
import { sweepCalls, sweepEvents, sweepOperations } from "./campaign-sweep.ts";

/* A whole campaign over LoRaWAN. test/soak/lorawan-power-cuts.test.ts cuts everywhere. */

const LONG = { timeout: 180_000 };

test.each([
  { packages: "v1", granuleBytes: 8 },
  { packages: "v2", granuleBytes: 1 },
] as const)("power fails in a campaign, $packages, granule $granuleBytes", LONG, (campaign) => {
  const calls = new Tally("lorawan-ci/calls");
  sweepCalls(campaign, calls, 3);
  expect(calls.close()).toBeGreaterThan(100);
  const events = new Tally("lorawan-ci/events");
  sweepEvents(campaign, events, 5);
  expect(events.close()).toBeGreaterThan(50);
  const operations = new Tally("lorawan-ci/operations");
  sweepOperations(campaign, operations, 3);
  expect(operations.close()).toBeGreaterThan(150);
});

test("power fails in a campaign of a device that swaps its images", LONG, () => {
  const campaign = { packages: "v2", granuleBytes: 8, boot: "embassy" } as const;
  const tally = new Tally("embassy-ci/lorawan");
  sweepCalls(campaign, tally, 43);
  sweepEvents(campaign, tally, 59);
  sweepOperations(campaign, tally, 71);
  expect(tally.close()).toBeGreaterThan(60);
});
