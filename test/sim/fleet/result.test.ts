import { expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "#tools/run/images.ts";

const SEED = 1;

test("a device that was never told of the session missed the set-up; one that was told came late", () => {
  const results: DeviceResult[] = [];
  const scenario: Scenario = {
    name: "lossy-set-up",
    seed: SEED,
    devices: { count: 60 },
    firmware: { sizeBytes: 1000 },
    campaign: { redundancyPercent: 10, maxRetries: 0 },
    air: { unicastLoss: { model: "bernoulli", probability: 0.3 } },
    expect: {},
  };
  const onDevice = (result: DeviceResult) => results.push(result);
  runScenario({ scenario, seed: SEED, onDevice }, new NodeCrypto(), signerOf(SEED, "ed25519"));

  const wasTold = ({ timeline }: DeviceResult) =>
    timeline.some(({ text }) => text.startsWith("class C session"));
  const wasSetUp = ({ timeline }: DeviceResult) =>
    timeline.some(({ text }) => text === "fragmentation session 0 accepted");
  const missed = results.filter(({ reason }) => reason === "missedSetup");
  expect(missed.filter(wasSetUp).length).toBeGreaterThan(0);
  expect(missed.filter(wasTold)).toEqual([]);
  expect(results.filter((result) => result.reason === "lateStart" && !wasTold(result))).toEqual([]);
});
