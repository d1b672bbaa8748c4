import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "#tools/run/images.ts";
import type { BenchResult, BenchRow } from "./bench-row.ts";

const SEED = 1;
const WARM_UP_DEVICES = 10;
const NAME = "pull-1000";
const WHAT = "1000 devices pull 1 MiB in chunks of 16 KiB, 5 % of requests and of responses lost";

export const pullRows: readonly BenchRow[] = [{ name: NAME, what: WHAT, run: () => runPull(1000) }];

/** Whole updates by HTTP on one thread: every chunk written, hashed, verified, booted, confirmed. */
function scenarioOf(count: number): Scenario {
  return {
    name: NAME,
    firmware: { sizeBytes: 1024 * 1024 },
    pull: [{ name: "device", count, chunkBytes: 16_384, link: { loss: 0.05 } }],
    expect: {},
  };
}

function simulate(count: number) {
  const devices: DeviceResult[] = [];
  let virtualSeconds = 0;
  const input = {
    scenario: scenarioOf(count),
    seed: SEED,
    onDevice: (device: DeviceResult) => devices.push(device),
    onCell: (cell: { readonly virtualSeconds: number }) => {
      virtualSeconds = cell.virtualSeconds;
    },
  };
  runScenario(input, new NodeCrypto(), signerOf(SEED, "ed25519"));
  return { devices, virtualSeconds };
}

function runPull(count: number): BenchResult {
  simulate(WARM_UP_DEVICES);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const { devices, virtualSeconds } = simulate(count);
  const ms = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  const sum = (read: (pull: NonNullable<DeviceResult["pull"]>) => number) =>
    devices.reduce((all, { pull }) => all + (pull === undefined ? 0 : read(pull)), 0);
  return {
    name: NAME,
    what: WHAT,
    ms,
    notes: [
      `${devices.filter(({ state }) => state === "updated").length} of ${count} updated`,
      `${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of processor time`,
      `${sum(({ chunks }) => chunks)} chunks given`,
      `${sum(({ lost }) => lost)} messages lost`,
      `${virtualSeconds} s of virtual time`,
    ],
    compared: [],
  };
}
