import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { PersonaName } from "#scenarios/device-schema.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "#tools/run/images.ts";

const SEED = 5;

function run(
  persona: PersonaName,
  packages: "v1" | "v2",
  change: Partial<Scenario> = {},
): readonly DeviceResult[] {
  const results: DeviceResult[] = [];
  const scenario: Scenario = {
    name: "a",
    devices: { count: 4, defaults: { persona, packages, uplinkIntervalS: 120 } },
    firmware: { sizeBytes: 4000 },
    campaign: { redundancyPercent: 60 },
    expect: {},
    ...change,
  };
  runScenario(
    { scenario, seed: SEED, onDevice: (result) => results.push(result) },
    new NodeCrypto(),
    signerOf(SEED, "ed25519"),
  );
  return results;
}

/** How many are updated, and how many the server believes complete. */
function outcome(results: readonly DeviceResult[]): string {
  const updated = results.filter(({ state }) => state === "updated").length;
  const believed = results.filter(({ serverComplete }) => serverComplete).length;
  return `${updated} updated, ${believed} believed`;
}

/** Uncoded fragments 2 and 3 are lost to everybody. */
const lossy: Scenario["air"] = { multicastLoss: { model: "trace", lost: [[2, 3]] } };

describe("a campaign of ChirpStack's with nothing lost, and with two fragments lost", () => {
  test.each<[PersonaName, "v1" | "v2", string, string]>([
    ["reference", "v1", "4 updated, 4 believed", "4 updated, 4 believed"],
    ["reference", "v2", "4 updated, 4 believed", "4 updated, 4 believed"],
    ["loramac-node", "v1", "4 updated, 4 believed", "4 updated, 0 believed"],
    ["basics-modem-4.8", "v1", "4 updated, 0 believed", "4 updated, 4 believed"],
    ["basics-modem-4.8", "v2", "4 updated, 0 believed", "4 updated, 4 believed"],
    ["zephyr", "v1", "4 updated, 4 believed", "4 updated, 4 believed"],
    ["st", "v1", "4 updated, 4 believed", "4 updated, 0 believed"],
    ["st", "v2", "0 updated, 0 believed", "0 updated, 0 believed"],
    ["multitech-mdot", "v1", "4 updated, 4 believed", "4 updated, 4 believed"],
    ["multitech-mdot", "v2", "4 updated, 4 believed", "4 updated, 4 believed"],
  ])("%s %s: %s; %s", (persona, packages, whole, repaired) => {
    const clean = run(persona, packages);
    expect(outcome(clean)).toBe(whole);
    expect(outcome(run(persona, packages, { air: lossy }))).toBe(repaired);
    expect(new Set(clean.map((result) => result.persona))).toEqual(new Set([persona]));
  });
});

test("ST's version 2 refuses the session because its clock has passed it", () => {
  for (const { timeline, serverError } of run("st", "v2")) {
    const texts = timeline.map(({ text }) => text);
    expect(texts).toContain("class C session of group 0 refused");
    expect(serverError).toContain("mc_group_undefined: true");
  }
});

/** So short of fragments that two reference devices fail: Zephyr's server believes what it is told. */
test.each<[PersonaName, "v1" | "v2", string]>([
  ["reference", "v1", "2 updated, 2 believed"],
  ["loramac-node", "v1", "2 updated, 0 believed"],
  ["basics-modem-4.8", "v2", "3 updated, 3 believed"],
  ["zephyr", "v1", "2 updated, 4 believed"],
  ["st", "v1", "2 updated, 0 believed"],
])("%s %s through resets and power cuts, by seed: %s", (persona, packages, expected) => {
  const faults: Scenario["faults"] = [
    { kind: "reset", share: 0.5, when: { atFragment: 5 } },
    { kind: "powerCut", share: 0.5, when: { atFragment: 10 }, forS: 5 },
  ];
  const results = run(persona, packages, { faults });
  expect(outcome(results)).toBe(expected);
  expect(run(persona, packages, { faults })).toEqual(results);
});
