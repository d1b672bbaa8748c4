import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "#tools/run/images.ts";
import type { BenchResult, BenchRow } from "./bench-row.ts";

/** Devices behind one gateway: what fits the processor's caches. */
const PER_CELL = 250;
/** Devices that warm the code up, so that the heap's growth is the fleet's. */
const WARM_UP_DEVICES = 20;
const NB_FRAG = 1000;
const FRAG_SIZE = 200;
const REDUNDANCY_PERCENT = 10;
const LOSS = 0.05;
const SEED = 1;

/** Whole updates on one thread: join, set-up, fragments, decoding, digest, signature, reboot, confirm. */
export const fleetRows: readonly BenchRow[] = [
  fleetRow(1000),
  { ...fleetRow(10_000), onRequest: true },
  { ...fleetRow(100_000), onRequest: true },
];

function fleetRow(devices: number): BenchRow {
  const name = `fleet-${devices}`;
  const what = `whole update of ${devices} devices, M=${NB_FRAG} x ${FRAG_SIZE} B + ${REDUNDANCY_PERCENT} %, 5 % lost`;
  return { name, what, run: () => runFleet(name, what, devices) };
}

function fleetScenario(devices: number): Scenario {
  return {
    name: "bench-fleet",
    seed: SEED,
    devices: {
      count: devices,
      perCell: PER_CELL,
      defaults: { packages: "v1", uplinkIntervalS: 3600 },
    },
    firmware: { sizeBytes: NB_FRAG * FRAG_SIZE },
    campaign: {
      fragSize: FRAG_SIZE,
      redundancyPercent: REDUNDANCY_PERCENT,
      dr: 5,
      maxRetries: 1,
    },
    air: {
      multicastLoss: { model: "bernoulli", probability: LOSS },
      classADutyCycle: false,
    },
    expect: {},
  };
}

function runFleet(name: string, what: string, devices: number): BenchResult {
  simulate(WARM_UP_DEVICES, () => {});
  const heap = new HeapPeak();
  const startedMs = performance.now();
  const updated = simulate(devices, () => heap.sample());
  const ms = performance.now() - startedMs - heap.spentMs;
  const bytesPerDevice = heap.peakBytes / Math.min(devices, PER_CELL);
  return {
    name,
    what,
    ms,
    notes: [
      `${updated} of ${devices} updated`,
      `${(ms / devices).toFixed(3)} ms a device`,
      `${(bytesPerDevice / 1000).toFixed(1)} kB a device, with what its cell shares`,
    ],
    compared: [],
  };
}

/** Returns how many were updated. */
function simulate(devices: number, onProgress: () => void): number {
  let updated = 0;
  runScenario(
    {
      scenario: fleetScenario(devices),
      seed: SEED,
      onDevice: ({ state }: DeviceResult) => {
        if (state === "updated") updated += 1;
      },
      onProgress,
    },
    new NodeCrypto(),
    signerOf(SEED, "ed25519"),
  );
  return updated;
}

/** Live heap and buffers above what there was at first, sampled now and then after a collection. */
class HeapPeak {
  readonly #collect: () => void;
  readonly #atFirst: number;
  #calls = 0;
  peakBytes = 0;
  spentMs = 0;

  constructor() {
    setFlagsFromString("--expose-gc");
    this.#collect = runInNewContext("gc");
    this.#atFirst = this.#live();
  }

  sample(): void {
    this.#calls += 1;
    if (this.#calls % SAMPLE_EVERY !== 0) return;
    const startedMs = performance.now();
    this.peakBytes = Math.max(this.peakBytes, this.#live() - this.#atFirst);
    this.spentMs += performance.now() - startedMs;
  }

  #live(): number {
    this.#collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }
}
/** Of the simulation's progress reports. */
const SAMPLE_EVERY = 8;
