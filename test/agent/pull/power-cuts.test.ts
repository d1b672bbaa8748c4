import { describe, expect, test } from "vitest";
import type { FlashOperation } from "#sim/flash/cuts.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { allCuts } from "../boot/cut-kinds.ts";
import { PortProbe } from "../port-probe.ts";
import { factoryImage, imageOf } from "../test-device.ts";
import { PullWorld } from "./pull-world.ts";
import { ScriptedServer } from "./scripted-server.ts";

/* A whole update, from the first question to UPDATED, with the supply failing on the way. */

const update = imageOf("2.0.0", 2, 500);
const CHUNKS = Math.ceil(update.length / 256);

function worldOf(granuleBytes: number, probe?: PortProbe): PullWorld {
  return new PullWorld(new ScriptedServer({ bytes: update }), {
    granuleBytes,
    ...(probe && { probe }),
  });
}

const isTold = (world: PullWorld) => () =>
  world.states().at(-1) === "UPDATED" && world.device?.status().isTrial === false;

function expectUpdated(world: PullWorld, where: string): void {
  expect(world.status(), where).toMatchObject({ version: "2.0.0", isTrial: false });
  expect(world.bank(1).subarray(0, update.length), where).toEqual(update);
  expect(world.bank(0).subarray(0, factoryImage.length), where).toEqual(factoryImage);
  expect(world.states(), where).not.toContain("FAILED");
  // Of what is recorded, nothing is downloaded again; of the chunk that power took, everything.
  const again = world.chunks().length - CHUNKS;
  expect(again, where).toBeLessThanOrEqual(world.cuts);
  const asked = world.chunks();
  expect(
    asked.every((index, at) => at === 0 || index >= (asked[at - 1] ?? 0)),
    where,
  ).toBe(true);
}

function runOf(world: PullWorld, where: string): void {
  world.run(3600, isTold(world));
  world.run(30);
  expectUpdated(world, where);
}

describe.each([1, 8, 32])("granule %i", (granuleBytes) => {
  test("between any two port calls", () => {
    const counting = new PortProbe();
    runOf(worldOf(granuleBytes, counting), "without a cut");
    const calls = counting.names.length;
    expect(calls).toBeGreaterThan(100);
    for (let index = 0; index < calls; index++) {
      const probe = new PortProbe();
      probe.cutsBefore.add(index);
      const world = worldOf(granuleBytes, probe);
      runOf(world, `before call ${index}, ${counting.names[index]}`);
      expect(world.cuts).toBe(1);
    }
  });

  /** Each operation sees an eleventh of the ways, in turn. */
  test("in any flash operation, whichever way it is left", () => {
    const operations: FlashOperation[] = [];
    const counting = worldOf(granuleBytes);
    const before = counting.flash.operations;
    counting.flash.onOperation = (operation) => operations.push(operation);
    runOf(counting, "without a cut");
    expect(operations.length).toBeGreaterThan(25);
    for (const operation of operations) {
      for (const [kind, cut] of allCuts(operation).entries()) {
        if ((kind + operation.index) % 11 !== 0) continue;
        const world = worldOf(granuleBytes);
        expect(world.flash.operations).toBe(before);
        world.flash.cutAt(operation.index, cut);
        runOf(world, `${JSON.stringify(cut)} at ${operation.index}`);
        expect(world.cuts).toBe(1);
      }
    }
  });
});

test("again and again", () => {
  const key = drawKey(1, 0, "pull storm");
  for (let round = 0; round < 60; round++) {
    const probe = new PortProbe();
    for (let cut = 0; cut < 5; cut++) {
      probe.cutsBefore.add(drawBelow(key, 10 * round + cut, 200));
    }
    const world = worldOf(8, probe);
    world.run(3600, isTold(world));
    // A trial that loses power three times is given up; then the old image runs.
    if (world.notesOf("refused").length === 0) expectUpdated(world, `round ${round}`);
    else expect(world.status().version, `round ${round}`).toBe("1.0.0");
    expect(world.cuts).toBeGreaterThan(0);
  }
});
