import { NodeCrypto } from "#hal/node/crypto.ts";
import { type PullFleetOptions, runPullFleet } from "#sim/pull/fleet.ts";
import { GOOD_IP_LINK } from "#sim/pull/http-link.ts";
import { signerOf } from "#tools/run/images.ts";
import type { BenchResult, BenchRow } from "./bench-row.ts";

const SEED = 1;
const WARM_UP_DEVICES = 10;

/** Whole updates by HTTP on one thread: every chunk written, hashed, verified, booted, confirmed. */
const OPTIONS: Omit<PullFleetOptions, "devices"> = {
  seed: SEED,
  imageBytes: 1024 * 1024,
  chunkBytes: 16_384,
  link: { ...GOOD_IP_LINK, loss: 0.05 },
  resets: 0,
  untilS: 86_400,
};

const NAME = "pull-1000";
const WHAT = "1000 devices pull 1 MiB in chunks of 16 KiB, 5 % of requests and of responses lost";

export const pullRows: readonly BenchRow[] = [{ name: NAME, what: WHAT, run: () => runPull(1000) }];

function runPull(devices: number): BenchResult {
  const signer = signerOf(SEED, "ed25519");
  runPullFleet({ ...OPTIONS, devices: WARM_UP_DEVICES }, new NodeCrypto(), signer);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const result = runPullFleet({ ...OPTIONS, devices }, new NodeCrypto(), signer);
  const ms = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    name: NAME,
    what: WHAT,
    ms,
    notes: [
      `${result.updated} of ${devices} updated`,
      `${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of processor time`,
      `${result.chunks} chunks given`,
      `${result.lost} messages lost`,
      `${result.virtualSeconds} s of virtual time`,
    ],
    compared: [],
  };
}
