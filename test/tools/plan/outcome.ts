import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { predict } from "#tools/plan/predict.ts";
import { signerOf } from "#tools/run/images.ts";

const TRIALS = 20_000;

/** What a plan says of a scenario, and what its run came to. */
export function plannedAndRun(scenario: Scenario) {
  const resolved = resolveScenario(scenario);
  const { seed } = resolved;
  const planned = predict(resolved, resolved.firmware.sizeBytes, { trials: TRIALS, seed });
  let updated = 0;
  let airtimeS = 0;
  let cells = 0;
  runScenario(
    {
      scenario,
      seed,
      onDevice: ({ state }) => {
        if (state === "updated") updated += 1;
      },
      onCell: ({ airtime }) => {
        airtimeS += airtime.multicastS;
        cells += 1;
      },
    },
    new NodeCrypto(),
    signerOf(seed, "ed25519"),
  );
  return {
    planned: planned.updatedShare,
    run: updated / resolved.devices.count,
    airtimeRatio: airtimeS / cells / planned.multicastAirtimeS,
  };
}
