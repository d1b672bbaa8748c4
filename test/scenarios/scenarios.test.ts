import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Check } from "typebox/value";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { resolveScenario } from "#scenarios/defaults.ts";
import { scenarioSchema } from "#scenarios/schema.ts";
import { planSession } from "#scenarios/session.ts";
import { checkScenario } from "#tools/scenario/check.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { withReference } from "#tools/scenario/reference.ts";
import { shippedNames } from "#tools/scenario/shipped.ts";
import { publishedText } from "#tools/schema-text.ts";

const folder = new URL("../../scenarios/", import.meta.url);
const published = readFileSync(new URL("scenario.schema.json", folder), "utf8");

test("the published schema is the schema (`npm run schemas` writes it)", () => {
  expect(published).toBe(publishedText(scenarioSchema));
});

test("the guide lists every key (`npm run schemas` writes that part)", () => {
  const guide = readFileSync(new URL("../docs/scenarios.md", folder), "utf8");
  expect(guide).toBe(withReference(guide, JSON.parse(published)));
  expect(guide.split("<!-- reference")).toHaveLength(2);
});

test("the published schema is valid JSON Schema 2020-12", () => {
  expect(
    new Ajv2020({ strict: true, strictRequired: false }).validateSchema(JSON.parse(published)),
  ).toBe(true);
});

describe.each(shippedNames())("%s.yaml", (name) => {
  const text = readFileSync(new URL(`${name}.yaml`, folder), "utf8");

  test("opens with the schema comment, and is named like its file", () => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./scenario.schema.json");
    expect(loadScenario(name).scenario.name).toBe(name);
  });

  test("is accepted by the validator that the schema was declared in", () => {
    expect(Check(scenarioSchema, parse(text))).toBe(true);
  });

  test("its parts fit each other", () => {
    const scenario = resolveScenario(loadScenario(name).scenario);
    expect(checkScenario(scenario, scenario.firmware.sizeBytes)).toBeUndefined();
  });
});

test("what the issue asks to be shipped is shipped", () => {
  const names = shippedNames();
  for (const wanted of [
    "quick-start",
    "clean",
    "burst-loss",
    "rollback-crash",
    "mixed-v1-v2",
    "redundancy-too-small",
  ]) {
    expect(names).toContain(wanted);
  }
});

describe("defaults", () => {
  const least = {
    name: "a",
    devices: { count: 3 },
    campaign: { redundancyPercent: 10 },
    expect: {},
  };

  test("fill in everything", () => {
    const scenario = resolveScenario(least);
    expect(scenario).toMatchObject({
      seed: 1,
      devices: { count: 3, perCell: 3, kinds: [{ name: "device", share: 1 }] },
      firmware: { sizeBytes: 32_768, version: "2.0.0", signature: "ed25519", defect: "none" },
      campaign: { fragSize: 239, dr: 5, marginS: 5, timeoutExponent: undefined },
      air: { multicastLoss: { model: "bernoulli", probability: 0 } },
      faults: [],
    });
  });

  test("yield to the fleet's defaults, and those to the kind", () => {
    const scenario = resolveScenario({
      ...least,
      devices: {
        count: 3,
        defaults: { packages: "v2", attempts: 5 },
        mix: [{ name: "old", share: 1, device: { packages: "v1" } }],
      },
    });
    expect(scenario.devices.kinds[0]?.device).toMatchObject({
      packages: "v1",
      attempts: 5,
      uplinkIntervalS: 600,
    });
  });

  test("of a burst model are those of Gilbert: lossless good state, lost bad state", () => {
    const loss = { model: "gilbertElliott", goodToBad: 0.1, badToGood: 0.5 } as const;
    expect(resolveScenario({ ...least, air: { multicastLoss: loss } }).air.multicastLoss).toEqual({
      ...loss,
      lossGood: 0,
      lossBad: 1,
    });
  });

  test("fragments are as long as the data rate carries, by every revision of the parameters", () => {
    const sizes = [0, 1, 2, 3, 4, 5, 6, 7].map((dr) => {
      const campaign = { redundancyPercent: 10, dr };
      return resolveScenario({ ...least, campaign }).campaign.fragSize;
    });
    expect(sizes).toEqual([48, 48, 48, 112, 219, 239, 239, 239]);
  });
});

/** ChirpStack v4: redundancy = ceil(fragments × percent / 100); 2^t >= margin × (total + 1). */
test.each([
  { bytes: 48_500, fragSize: 200, percent: 10, marginS: 5, plan: [243, 100, 25, 268, 11] },
  { bytes: 1000, fragSize: 100, percent: 0, marginS: 1, plan: [10, 0, 0, 10, 4] },
  { bytes: 1001, fragSize: 100, percent: 1, marginS: 1, plan: [11, 99, 1, 12, 4] },
  { bytes: 1, fragSize: 239, percent: 100, marginS: 60, plan: [1, 238, 1, 2, 8] },
])(
  "session of $bytes bytes in fragments of $fragSize",
  ({ plan, bytes, fragSize, percent, marginS }) => {
    const shape = { fragSize, redundancyPercent: percent, marginS, timeoutExponent: undefined };
    const { nbFrag, paddingBytes, codedFragments, totalFragments, timeoutExponent } = planSession(
      shape,
      bytes,
    );
    expect([nbFrag, paddingBytes, codedFragments, totalFragments, timeoutExponent]).toEqual(plan);
  },
);
