import { createHash } from "node:crypto";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { RunParts } from "#tools/run/command.ts";
import type { Simulate, SimulationInput, SimulationListener } from "#tools/run/simulation.ts";
import type { Terminal } from "#tools/terminal.ts";

/**
 * A fleet that needs no simulation: the fate of device `id` is a hash of (seed, id), and one in
 * `unluckyOneIn` falls short by two rows.
 */
export function fakeSimulate(unluckyOneIn: number): Simulate {
  return (input, listener) => {
    let isStopped = false;
    const run = async () => {
      listener.onFirmware({ sha256: "ab".repeat(32), sizeBytes: 32_768, version: "2.0.0" });
      for (const cell of cellsOf(input)) {
        await Promise.resolve();
        if (isStopped) return false;
        runCell(input, listener, cell, unluckyOneIn);
      }
      return true;
    };
    return {
      finished: run(),
      stop: () => {
        isStopped = true;
      },
    };
  };
}

function cellsOf({ scenario, shard }: SimulationInput): number[] {
  const { count, perCell } = resolveScenario(scenario).devices;
  const all = Array.from({ length: Math.ceil(count / perCell) }, (_, index) => index);
  return shard === undefined ? all : all.filter((c) => c % shard.count === shard.index - 1);
}

function runCell(
  { scenario, seed }: SimulationInput,
  listener: SimulationListener,
  index: number,
  unluckyOneIn: number,
): void {
  const { count, perCell } = resolveScenario(scenario).devices;
  const ids = Array.from({ length: perCell }, (_, at) => index * perCell + at);
  for (const id of ids.filter((one) => one < count).reverse()) {
    listener.onDevice(fakeDevice(seed, id, index, unluckyOneIn));
  }
  const traceHash = `${seed}-${index}`;
  listener.onCell({
    index,
    devices: perCell,
    events: 1000 + index,
    virtualSeconds: 100,
    traceHash,
    airtime: { allS: 0, multicastS: 0 },
  });
}

function fakeDevice(seed: number, id: number, cell: number, unluckyOneIn: number): DeviceResult {
  const fate = createHash("sha256").update(`${seed} ${id}`).digest().readUInt32LE(0);
  const isUnlucky = fate % unluckyOneIn === 0;
  return {
    id,
    devEui: id.toString(16).padStart(16, "0"),
    persona: "reference",
    kind: "device",
    cell,
    state: isUnlucky ? "failed" : "updated",
    bootedVersion: isUnlucky ? "1.0.0" : "2.0.0",
    bootedSha256: "cd".repeat(32),
    fragments: { received: 140, lost: fate % 7, coded: 5, beyondM: isUnlucky ? 0 : 1 },
    energyToCompleteJ: null,
    energyJ: 0.1 * (fate % 3),
    reason: isUnlucky ? "shortOfRows" : null,
    missingRows: isUnlucky ? 2 : 0,
    serverComplete: !isUnlucky,
    serverError: "",
    reboots: isUnlucky ? 0 : 1,
    powerCuts: 0,
    timeline: [{ atS: id / 8, text: "joined" }],
  };
}

/** A terminal that remembers. */
export class FakeTerminal implements Terminal {
  stdout = "";
  stderr = "";
  readonly isInteractive: boolean;
  columns = 120;
  rows = 40;
  hasColor = false;

  constructor(isInteractive = false) {
    this.isInteractive = isInteractive;
  }

  readonly out = (text: string) => {
    this.stdout += text;
  };
  readonly err = (text: string) => {
    this.stderr += text;
  };
}

/** Everything that a command needs, without a world outside. */
export function fakeParts(terminal: Terminal, simulate: Simulate): RunParts {
  const controller = new AbortController();
  return {
    simulate,
    firmwareSizesOf: (_, supplied) => {
      const imageBytes = (supplied?.bytes.length ?? 0) + 200;
      return { imageBytes, sentBytes: imageBytes };
    },
    terminal,
    version: "9.9.9",
    now: () => 0,
    interruption: () => ({ signal: controller.signal, end: () => undefined }),
  };
}
