import { describe, expect, test } from "vitest";
import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { ANY_CUT, allCuts } from "../boot/cut-kinds.ts";
import { PortProbe } from "../port-probe.ts";
import { factoryImage, imageOf, layout } from "../test-device.ts";
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
  expect(world.states(), where).toContain("UPDATED");
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

test("twice: the second time while a sector is put right that the first one spoilt", () => {
  // Four pieces to a sector, so that there is something to save.
  const config = { chunkBytes: 64 };
  const [, bank] = layout.banks;
  const asked = Math.ceil(update.length / config.chunkBytes);
  const operations: FlashOperation[] = [];
  const newWorld = () => new PullWorld(new ScriptedServer({ bytes: update }), { config });
  const counting = newWorld();
  counting.flash.onOperation = (operation) => operations.push(operation);
  counting.run(60, isTold(counting));
  const pieces = operations.filter(
    ({ kind, address }) =>
      kind === "program" && address >= bank.address + 64 && address < bank.address + 256,
  );
  expect(pieces).toHaveLength(3);
  const cutTwice = (first: number, later: number, cut: Cut) => {
    const where = `at ${first}, and ${later} later ${JSON.stringify(cut)}`;
    const world = newWorld();
    world.flash.cutAt(first, { kind: "prefix", bytes: 33 });
    world.run(60, () => world.cuts === 1);
    world.flash.cutAt(world.flash.operations + later, cut);
    world.run(3600, isTold(world));
    expect(world.bank(1).subarray(0, update.length), where).toEqual(update);
    expect(world.states(), where).not.toContain("FAILED");
    expect(world.chunks().length, where).toBeLessThanOrEqual(asked + world.cuts);
  };
  // Each moment sees a third of the ways, in turn.
  for (const [at, { index }] of pieces.entries()) {
    for (let later = 0; later < 18; later++) {
      for (const [kind, cut] of ANY_CUT.entries()) {
        if ((at + later + kind) % 3 === 0) cutTwice(index, later, cut);
      }
    }
  }
});

test("while a download is given up, and at once it is wanted again: it goes on, or begins anew", () => {
  const unassigned = (probe: PortProbe) => {
    const server = new ScriptedServer({ bytes: update });
    const world = new PullWorld(server, { probe });
    world.run(60, () => world.chunks().length === 2);
    server.assigned = undefined;
    world.run(30, () => world.cuts > 0);
    server.assigned = { bytes: update };
    return world;
  };
  const counting = new PortProbe();
  expect(unassigned(counting).status().boot.lastReason).toBe("abandoned");
  const abandoned = counting.names.indexOf("boot.abandon");
  const firstChunks = new Set<number | undefined>();
  for (let later = 0; later < 12; later++) {
    const probe = new PortProbe();
    probe.cutsBefore.add(abandoned + later);
    const world = unassigned(probe);
    const asked = world.chunks().length;
    world.run(3600, () => world.chunks().length > asked);
    firstChunks.add(world.chunks().at(-1));
    // No byte goes into a bank that is not open.
    expect(world.status().boot.lastReason, `${later}`).toBe("none");
    world.run(60);
    expect(world.status().version).toBe("2.0.0");
  }
  expect([...firstChunks]).toEqual([2, 0]);
});

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
