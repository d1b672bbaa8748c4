import { expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "#tools/run/images.ts";
import { Tally } from "../reliability/tally.ts";

/*
 * One device in a whole campaign over LoRaWAN: join, clock, group, session, window, fragments, status,
 * trial. Power fails in the first flash operation after a moment, or ten seconds later between two
 * events; moments all over the campaign. Every rule of sim/oracles holds.
 */

const crypto = new NodeCrypto();
const MOMENTS = 120;

function campaignOf(atS: number | undefined, packages: "v1" | "v2"): Scenario {
  return {
    name: "sweep",
    devices: { count: 1, defaults: { packages, bankBytes: 16_384 } },
    firmware: { sizeBytes: 3000 },
    campaign: { redundancyPercent: 200, fragSize: 48 },
    faults: atS === undefined ? [] : [{ kind: "powerCut", share: 1, when: { atS }, forS: 5 }],
    expect: {},
  };
}

function run(scenario: Scenario, seed: number): DeviceResult {
  const devices: DeviceResult[] = [];
  const signer = signerOf(seed, resolveScenario(scenario).firmware.signature);
  const onDevice = (device: DeviceResult) => devices.push(device);
  runScenario({ scenario, seed, onDevice, onCell: () => {} }, crypto, signer);
  const [device] = devices;
  if (device === undefined) throw new RangeError("a run without a device");
  return device;
}

test.each(["v1", "v2"] as const)(
  "power fails at any moment, %s",
  { timeout: 60_000 },
  (packages) => {
    const undisturbed = run(campaignOf(undefined, packages), 1);
    expect(undisturbed.state).toBe("updated");
    const endS = undisturbed.timeline.at(-1)?.atS ?? 0;
    const startS = undisturbed.timeline[0]?.atS ?? 0;
    const tally = new Tally("lorawan-ci/moments");
    let updated = 0;
    for (let index = 0; index < MOMENTS; index++) {
      const atS = startS + (index * (endS - startS)) / MOMENTS;
      tally.case(() => {
        const device = run(campaignOf(atS, packages), 1 + index);
        expect(device.state, `at ${atS} s`).not.toBe("bricked");
        if (device.state === "updated") updated += 1;
        else expect(device.reason, `at ${atS} s`).toBeDefined();
      });
    }
    expect(tally.close()).toBe(MOMENTS);
    // A cut at the set-up or the start of the window may cost the one campaign that there is.
    expect(updated).toBeGreaterThan(0.8 * MOMENTS);
  },
);
