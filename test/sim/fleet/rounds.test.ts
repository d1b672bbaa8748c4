import { expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { signerOf } from "#tools/run/images.ts";

const SEED = 1;
/** 4000 bytes in fragments of 100. */
const NB_FRAG = 40;

function bitsOf(bytes: Uint8Array | undefined): number {
  let count = 0;
  for (const byte of bytes ?? []) for (let bit = 0; bit < 8; bit++) count += (byte >> bit) & 1;
  return count;
}

test("a device that needed a second session is judged by that one alone", () => {
  const results: DeviceResult[] = [];
  const surveys: CellSurvey[] = [];
  const scenario: Scenario = {
    name: "two-rounds",
    seed: SEED,
    devices: { count: 2 },
    firmware: { sizeBytes: 4000 },
    campaign: { fragSize: 100, redundancyPercent: 10, rounds: 2 },
    // A trace is of the first round: the second one loses nothing.
    air: { multicastLoss: { model: "trace", lost: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] } },
    expect: {},
  };
  runScenario(
    {
      ...{ scenario, seed: SEED, isSurveyed: true },
      onDevice: (result) => results.push(result),
      onCell: ({ survey }) => surveys.push(...(survey === undefined ? [] : [survey])),
    },
    new NodeCrypto(),
    signerOf(SEED, "ed25519"),
  );
  const frames = surveys.flatMap(({ devices }) => devices);
  expect(results).toHaveLength(2);
  for (const { id, state, fragments } of results) {
    expect(state).toBe("updated");
    expect(fragments).toMatchObject({ received: NB_FRAG, lost: 0, coded: 0 });
    const own = frames.find((one) => one.id === id);
    expect([bitsOf(own?.heard), bitsOf(own?.lost)]).toEqual([NB_FRAG, 0]);
  }
  // Of both rounds: what was lost then was lost.
  expect(surveys.reduce((sum, { losses }) => sum + losses, 0)).toBe(20);
});
