import { NodeCrypto } from "#hal/node/crypto.ts";
import type { PullSpec } from "#scenarios/pull-schema.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { type CellSummary, type RunInput, runScenario } from "#sim/fleet/run.ts";
import { signer } from "../../agent/test-device.ts";

export const DEVICES = 4;
export const CHUNKS = 10;
export const BYTES = 10_000;

export function scenarioOf(change: Partial<PullSpec> = {}, rest: Partial<Scenario> = {}): Scenario {
  const pull: PullSpec = {
    name: "a",
    count: DEVICES,
    chunkBytes: 1024,
    startDelayMaxS: 60,
    ...change,
  };
  return { name: "test", firmware: { sizeBytes: BYTES }, pull: [pull], expect: {}, ...rest };
}

export function simulate(scenario: Scenario, options: Partial<RunInput> = {}) {
  const devices: DeviceResult[] = [];
  const cells: CellSummary[] = [];
  runScenario(
    {
      scenario,
      seed: 1,
      onDevice: (device) => devices.push(device),
      onCell: (cell) => cells.push(cell),
      ...options,
    },
    new NodeCrypto(),
    signer,
  );
  return { devices, cells };
}

export const run = (change: Partial<PullSpec> = {}, rest: Partial<Scenario> = {}) =>
  simulate(scenarioOf(change, rest)).devices;
export const chunksOf = (devices: readonly DeviceResult[]) =>
  devices.map(({ pull }) => pull?.chunks ?? 0);
export const endsOf = (devices: readonly DeviceResult[]) =>
  devices.map(({ state, reason }) => `${state} ${reason}`);
export const all = (state: string, reason: string | null) =>
  Array(DEVICES).fill(`${state} ${reason}`);
export const text = ({ timeline }: DeviceResult) => timeline.map((entry) => entry.text).join("\n");
