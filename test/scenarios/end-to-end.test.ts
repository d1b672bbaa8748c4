import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { fleetSize, resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { type CellSummary, type RunInput, runScenario } from "#sim/fleet/run.ts";
import { evaluate, totalsOf } from "#tools/report/expectations.ts";
import { reportedDevice } from "#tools/report/report.ts";
import { signerOf } from "#tools/run/images.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { shippedNames } from "#tools/scenario/shipped.ts";

interface Outcome {
  readonly devices: readonly DeviceResult[];
  readonly cells: readonly CellSummary[];
}

function simulate(scenario: Scenario, options: Partial<RunInput> = {}): Outcome {
  const devices: DeviceResult[] = [];
  const cells: CellSummary[] = [];
  const seed = options.seed ?? scenario.seed ?? 1;
  const signer = signerOf(seed, resolveScenario(scenario).firmware.signature);
  runScenario(
    {
      ...options,
      scenario,
      seed,
      onDevice: (device) => devices.push(device),
      onCell: (cell) => cells.push(cell),
    },
    new NodeCrypto(),
    signer,
  );
  return { devices, cells };
}

/** Six devices in three cells, with everything that draws: loss, clocks, faults, two kinds. */
const small: Scenario = {
  name: "small",
  seed: 5,
  devices: {
    count: 6,
    perCell: 2,
    mix: [
      { name: "old", share: 1, device: { packages: "v1" } },
      { name: "new", share: 1, device: { packages: "v2", lorawan: "1.1", granuleBytes: 16 } },
    ],
  },
  firmware: { sizeBytes: 6000 },
  campaign: { redundancyPercent: 120 },
  air: {
    multicastLoss: { model: "bernoulli", probability: 0.15 },
    unicastLoss: { model: "bernoulli", probability: 0.05 },
    sharedLoss: { model: "bernoulli", probability: 0.05 },
  },
  faults: [{ kind: "powerCut", share: 0.5, when: { atFragment: 10 }, forS: 12 }],
  expect: { updated: "all" },
};

describe("shipped scenarios meet their expectations", () => {
  test.each(shippedNames())("%s", (name) => {
    const { scenario } = loadScenario(name);
    const { devices, cells } = simulate(scenario);
    const rows = devices.map(reportedDevice);
    const virtualSeconds = Math.max(...cells.map((cell) => cell.virtualSeconds));
    const failed = evaluate(scenario.expect, rows, virtualSeconds).filter(({ ok }) => !ok);
    expect(failed).toEqual([]);

    const { devices: count, ...states } = totalsOf(rows);
    expect(count).toBe(fleetSize(resolveScenario(scenario)));
    expect(Object.values(states).reduce((sum, each) => sum + each, 0)).toBe(count);
    expect(states.bricked).toBe(0);
  });
});

describe("a run is a function of scenario and seed", () => {
  const whole = simulate(small);

  test("every device takes the update, through loss and power cuts", () => {
    expect(whole.devices.map(({ state }) => state)).toEqual(Array(6).fill("updated"));
    expect(new Set(whole.devices.map(({ bootedSha256 }) => bootedSha256)).size).toBe(1);
    expect(whole.devices.some(({ powerCuts }) => powerCuts > 0)).toBe(true);
    expect(whole.devices.some(({ fragments }) => fragments.lost > 0)).toBe(true);
    expect(new Set(whole.devices.map(({ kind }) => kind))).toEqual(new Set(["old", "new"]));
  });

  test("equal runs are equal to the last event", () => {
    expect(simulate(small)).toEqual(whole);
  });

  test("another seed is another run", () => {
    const other = simulate(small, { seed: 6 });
    expect(other.cells[0]?.traceHash).not.toBe(whole.cells[0]?.traceHash);
  });

  test.each([1, 2, 3, 7])("%i shards come to the same", (count) => {
    const parts = Array.from({ length: count }, (_, at) =>
      simulate(small, { shard: { index: at + 1, count } }),
    );
    const devices = parts.flatMap((part) => part.devices).toSorted((a, b) => a.id - b.id);
    const cells = parts.flatMap((part) => part.cells).toSorted((a, b) => a.index - b.index);
    expect({ devices, cells }).toEqual(whole);
  });

  test("more devices in new cells change nothing in the old ones", () => {
    const more = simulate({ ...small, devices: { ...small.devices, count: 8 } });
    expect(more.cells.slice(0, 3)).toEqual(whole.cells);
    expect(more.devices.slice(0, 6)).toEqual(whole.devices);
  });
});

describe("defective firmware", () => {
  const base: Scenario = {
    name: "defect",
    devices: { count: 2, defaults: { attempts: 2 } },
    firmware: { sizeBytes: 4000 },
    campaign: { redundancyPercent: 20 },
    expect: {},
  };
  test.each([
    ["crash", "rolledBack", "rolledBack"],
    ["hang", "rolledBack", "rolledBack"],
    ["noNetwork", "rolledBack", "rolledBack"],
    ["badSignature", "failed", "signature"],
    ["badDigest", "failed", "digest"],
    ["downgrade", "failed", "downgrade"],
  ] as const)("%s: %s, and the old image runs", (defect, state, reason) => {
    const { devices } = simulate({ ...base, firmware: { ...base.firmware, defect } });
    for (const device of devices) {
      expect(device).toMatchObject({ state, reason, bootedVersion: "1.0.0+0" });
    }
  });
});

test("a patch to another image is refused by everybody, and the image that runs is left alone", () => {
  const { devices } = simulate({
    name: "wrong-base",
    devices: { count: 4 },
    firmware: { sizeBytes: 8000, deltaPercent: 2, defect: "wrongBase" },
    campaign: { redundancyPercent: 20 },
    expect: {},
  });
  for (const { state, reason, bootedVersion } of devices) {
    expect({ state, reason, bootedVersion }).toEqual({
      state: "failed",
      reason: "wrongBase",
      bootedVersion: "1.0.0+0",
    });
  }
});

test("too little memory in the decoder is named, and the image that runs is left alone", () => {
  const { devices } = simulate({
    name: "tiny-decoder",
    devices: { count: 3, defaults: { matrixRows: 1 } },
    firmware: { sizeBytes: 8000 },
    campaign: { redundancyPercent: 60 },
    air: { multicastLoss: { model: "bernoulli", probability: 0.3 } },
    expect: {},
  });
  for (const { state, reason, bootedVersion } of devices) {
    expect({ state, reason, bootedVersion }).toEqual({
      state: "failed",
      reason: "matrixFull",
      bootedVersion: "1.0.0+0",
    });
  }
});
