import { describe, expect, test } from "vitest";
import { drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor } from "#agent/wire/cbor.ts";
import type { FlashOperation } from "#sim/flash/cuts.ts";
import { allCuts } from "../../../agent/boot/cut-kinds.ts";
import { PortProbe } from "../../../agent/port-probe.ts";
import { PullWorld } from "../../../agent/pull/pull-world.ts";
import { factoryImage, imageOf } from "../../../agent/test-device.ts";
import { DrogueBench, DrogueHttpLink, firmwareOf, noServer } from "./drogue-bench.ts";

/* A whole update of unknown size, with the supply failing on the way. */

const CHUNK_BYTES = 256;
const update = imageOf("2.0.0", 2, 500);

function worldOf(granuleBytes: number, probe?: PortProbe) {
  const bench = new DrogueBench();
  bench.rollOut(firmwareOf(update));
  const link = new DrogueHttpLink(bench);
  const world = new PullWorld(noServer, { link, granuleBytes, ...(probe && { probe }) });
  return { link, world };
}

function runOf({ link, world }: ReturnType<typeof worldOf>, where: string): void {
  const isDone = () => world.device?.status().isIdle === true;
  world.run(3600, isDone);
  world.run(30);
  expect(world.status(), where).toMatchObject({ version: "2.0.0", isTrial: false });
  expect(world.bank(1).subarray(0, update.length), where).toEqual(update);
  expect(world.bank(0).subarray(0, factoryImage.length), where).toEqual(factoryImage);
  expect(world.notesOf("refused"), where).toEqual([]);
  // Of whole pieces that are recorded, none is asked for again.
  const asked = link.statuses.flatMap((bytes) => {
    const decoded = decodeCbor(drogueStatus, bytes);
    const update = decoded.ok ? decoded.value.update : undefined;
    return update === undefined ? [] : [Math.floor(update.offset / CHUNK_BYTES)];
  });
  const isForward = asked.every((index, at) => at === 0 || index >= (asked[at - 1] ?? 0));
  expect(isForward, where).toBe(true);
}

describe.each([8, 32])("granule %i", (granuleBytes) => {
  test("between any two port calls", () => {
    const counting = new PortProbe();
    runOf(worldOf(granuleBytes, counting), "without a cut");
    expect(counting.names.length).toBeGreaterThan(80);
    for (const index of counting.names.keys()) {
      const probe = new PortProbe();
      probe.cutsBefore.add(index);
      const cut = worldOf(granuleBytes, probe);
      runOf(cut, `before call ${index}, ${counting.names[index]}`);
      expect(cut.world.cuts).toBe(1);
    }
  });

  /** Each operation sees a thirty-first of the ways, in turn. */
  test("in any flash operation, whichever way it is left", () => {
    const operations: FlashOperation[] = [];
    const counting = worldOf(granuleBytes);
    counting.world.flash.onOperation = (operation) => operations.push(operation);
    runOf(counting, "without a cut");
    for (const operation of operations) {
      for (const [kind, cut] of allCuts(operation).entries()) {
        if ((kind + operation.index) % 31 !== 0) continue;
        const tried = worldOf(granuleBytes);
        tried.world.flash.cutAt(operation.index, cut);
        runOf(tried, `${JSON.stringify(cut)} at ${operation.index}`);
        expect(tried.world.cuts).toBe(1);
      }
    }
  });
});
