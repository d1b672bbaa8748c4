import { describe, expect, test } from "vitest";
import { Tally } from "../reliability/tally.ts";
import { sweepCalls, sweepEvents, sweepOperations } from "../scenarios/campaign-sweep.ts";

const CAMPAIGNS = [
  { packages: "v1", granuleBytes: 1 },
  { packages: "v1", granuleBytes: 8 },
  { packages: "v2", granuleBytes: 1 },
  { packages: "v2", granuleBytes: 8 },
] as const;

describe.each(CAMPAIGNS)(
  "a campaign over LoRaWAN, $packages, granule $granuleBytes",
  (campaign) => {
    test("a power cut in every flash operation, every way, every byte prefix", () => {
      const tally = new Tally("lorawan/operations");
      sweepOperations(campaign, tally);
      expect(tally.close()).toBeGreaterThan(10_000);
    });

    test("a power cut between every two port calls", () => {
      const tally = new Tally("lorawan/calls");
      sweepCalls(campaign, tally);
      expect(tally.close()).toBeGreaterThan(400);
    });

    test("a power cut between every two events of modem, air, gateway and server", () => {
      const tally = new Tally("lorawan/events");
      sweepEvents(campaign, tally);
      expect(tally.close()).toBeGreaterThan(300);
    });
  },
);
