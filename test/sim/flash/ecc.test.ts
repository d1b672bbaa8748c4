import { expect, test } from "vitest";
import { FlashFault, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import type { RewritePolicy } from "#sim/flash/nor-options.ts";
import { expectFault, filled, readBytes, smallGeometry } from "./flash-bench.ts";

const fresh = (policy: RewritePolicy = "write-once") =>
  new NorFlash(smallGeometry, { policy, ecc: true });
const DATA = filled(16, 0x5a);

/** Loses power while it programs {@link DATA} at 32. */
function cutProgram(cut: Cut, policy: RewritePolicy = "write-once"): NorFlash {
  const flash = fresh(policy);
  flash.cutAt(0, cut);
  expect(() => flash.program(32, DATA)).toThrow(PowerLoss);
  flash.powerOn();
  return flash;
}

test.each<{ cut: Cut; torn: readonly number[]; whole: readonly number[] }>([
  { cut: { kind: "notDone" }, torn: [], whole: [] },
  { cut: { kind: "doneButLost" }, torn: [], whole: [32, 40] },
  { cut: { kind: "prefix", bytes: 0 }, torn: [], whole: [] },
  { cut: { kind: "prefix", bytes: 1 }, torn: [32], whole: [] },
  { cut: { kind: "prefix", bytes: 7 }, torn: [32], whole: [] },
  { cut: { kind: "prefix", bytes: 8 }, torn: [], whole: [32] },
  { cut: { kind: "prefix", bytes: 9 }, torn: [40], whole: [32] },
  { cut: { kind: "prefix", bytes: 16 }, torn: [], whole: [32, 40] },
  { cut: { kind: "unstable" }, torn: [32, 40], whole: [] },
  { cut: { kind: "partialBits" }, torn: [32, 40], whole: [] },
])("a program cut by $cut.kind $cut.bytes tears $torn, leaves $whole whole", (row) => {
  const flash = cutProgram(row.cut);
  for (const granule of [24, 32, 40, 48]) {
    if (row.torn.includes(granule)) {
      for (let time = 0; time < 3; time++) {
        expectFault(() => readBytes(flash, granule + 3, 1), "read", granule);
      }
      continue;
    }
    const byte = row.whole.includes(granule) ? 0x5a : 0xff;
    expect(readBytes(flash, granule, 8)).toEqual(filled(8, byte));
  }
});

test("a read that only touches a torn granule fails, one beside it does not", () => {
  const flash = cutProgram({ kind: "prefix", bytes: 3 });
  expectFault(() => readBytes(flash, 0, 33), "read", 32);
  expectFault(() => readBytes(flash, 39, 20), "read", 32);
  expect(readBytes(flash, 0, 32)).toEqual(filled(32, 0xff));
  expect(readBytes(flash, 40, 8)).toEqual(filled(8, 0xff));
});

test("a torn granule cannot be programmed; an erase mends it, of its own sector only", () => {
  const flash = cutProgram({ kind: "partialBits" });
  expect(() => flash.program(32, DATA)).toThrow();
  expect(() => flash.program(32, filled(8, 0))).toThrow();
  flash.erase(256);
  expectFault(() => readBytes(flash, 32, 8), "read", 32);
  flash.erase(0);
  flash.program(32, DATA);
  expect(readBytes(flash, 32, 16)).toEqual(DATA);
});

test.each<Cut>([{ kind: "partialBits" }, { kind: "unstable" }, { kind: "prefix", bytes: 3 }])(
  "zero-overwrite: $kind can be overwritten with zeros, which mends the check bits",
  (cut) => {
    const flash = cutProgram(cut, "zero-overwrite");
    expect(() => flash.program(32, filled(8, 0x5a))).toThrow();
    expectFault(() => readBytes(flash, 32, 8), "read", 32);
    flash.program(32, filled(8, 0));
    expect(readBytes(flash, 32, 8)).toEqual(filled(8, 0));
    expect(() => flash.program(32, filled(8, 0x5a))).toThrow(RangeError);
  },
);

test("a torn overwrite with zeros tears what had been whole", () => {
  const flash = fresh("zero-overwrite");
  flash.program(0, filled(16, 0x5a));
  flash.cutAt(1, { kind: "prefix", bytes: 9 });
  expect(() => flash.program(0, filled(16, 0))).toThrow(PowerLoss);
  flash.powerOn();
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0));
  expectFault(() => readBytes(flash, 8, 8), "read", 8);
});

test.each<{ kind: Cut["kind"] & ("randomErase" | "partialBits" | "unstable") }>([
  { kind: "randomErase" },
  { kind: "partialBits" },
  { kind: "unstable" },
])("an erase torn as $kind leaves a sector that cannot be read until it is erased", ({ kind }) => {
  const flash = fresh();
  flash.program(0, filled(512, 0x0f));
  flash.cutAt(1, { kind });
  expect(() => flash.erase(256)).toThrow(PowerLoss);
  flash.powerOn();
  for (let at = 256; at < 512; at += 8) expectFault(() => readBytes(flash, at, 1), "read", at);
  expect(readBytes(flash, 0, 256)).toEqual(filled(256, 0x0f));
  flash.erase(256);
  expect(readBytes(flash, 256, 256)).toEqual(filled(256, 0xff));
});

test("a half erase leaves whole granules; a marginal one reads blank and cannot be programmed", () => {
  const flash = fresh();
  flash.program(0, filled(512, 0x0f));
  flash.cutAt(1, { kind: "halfErase" });
  expect(() => flash.erase(0)).toThrow(PowerLoss);
  flash.powerOn();
  expect(readBytes(flash, 0, 128)).toEqual(filled(128, 0xff));
  expect(readBytes(flash, 128, 128)).toEqual(filled(128, 0x0f));

  flash.cutAt(2, { kind: "marginalErase" });
  expect(() => flash.erase(0)).toThrow(PowerLoss);
  flash.powerOn();
  expect(readBytes(flash, 0, 256)).toEqual(filled(256, 0xff));
  expect(() => flash.program(0, DATA)).toThrow(FlashFault);
});

test("one wrong bit in a granule is mended and counted at each read", () => {
  const flash = fresh();
  flash.program(0, filled(16, 0xf0));
  flash.flipBit(3, 0);
  flash.flipBit(9, 7);
  expect(flash.eccCorrected).toBe(0);
  expect(readBytes(flash, 0, 16)).toEqual(filled(16, 0xf0));
  expect(flash.eccCorrected).toBe(2);
  expect(readBytes(flash, 0, 1)).toEqual(filled(1, 0xf0));
  expect(flash.eccCorrected).toBe(3);
  expect(readBytes(flash, 16, 8)).toEqual(filled(8, 0xff));
  expect(flash.eccCorrected).toBe(3);
});

test("an erased granule has check bits too", () => {
  const flash = fresh();
  flash.flipBit(0, 0);
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0xff));
  expect(flash.eccCorrected).toBe(1);
  // Programming drives the cleared bits, the leaked one among them.
  flash.program(0, filled(8, 0xfe));
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0xfe));
  expect(flash.eccCorrected).toBe(1);
  flash.flipBit(9, 7);
  flash.program(8, filled(8, 0xfe));
  expect(readBytes(flash, 8, 8)).toEqual(filled(8, 0xfe));
  expect(flash.eccCorrected).toBe(2);
});

test.each([
  ["in one byte", { address: 3, bit: 0 }, { address: 3, bit: 1 }],
  ["at both ends", { address: 0, bit: 7 }, { address: 7, bit: 0 }],
])("two wrong bits %s are a fault until erased", (_, one, other) => {
  const flash = fresh();
  flash.program(0, filled(16, 0xf0));
  flash.flipBit(one.address, one.bit);
  flash.flipBit(other.address, other.bit);
  for (let time = 0; time < 2; time++) expectFault(() => readBytes(flash, 4, 1), "read", 0);
  expect(readBytes(flash, 8, 8)).toEqual(filled(8, 0xf0));
  expect(flash.eccCorrected).toBe(0);
  flash.flipBit(other.address, other.bit); // back to one
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0xf0));
  flash.erase(0);
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0xff));
  expect(flash.eccCorrected).toBe(1);
});

test("a stuck bit counts as wrong only where it is, and for ever", () => {
  const flash = fresh();
  flash.stickBit(0, 0, 0);
  flash.stickBit(1, 0, 1);
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0xff));
  expect(flash.eccCorrected).toBe(1);
  flash.program(0, filled(8, 0xfe));
  expectNothingWrong(flash, 1); // bit 0 of byte 1 cannot be cleared now
  flash.erase(0);
  flash.program(0, filled(8, 0xff));
  expectNothingWrong(flash, 1); // and bit 0 of byte 0 not set
  flash.flipBit(0, 0);
  expectNothingWrong(flash, 1); // the same bit
  flash.flipBit(5, 5);
  expectFault(() => readBytes(flash, 0, 8), "read", 0);
  flash.erase(0);
  flash.stickBit(7, 7, 0);
  expectFault(() => readBytes(flash, 0, 8), "read", 0);
});

function expectNothingWrong(flash: NorFlash, corrected: number): void {
  const before = flash.eccCorrected;
  readBytes(flash, 0, 8);
  expect(flash.eccCorrected - before).toBe(corrected);
}

test("a program that was acknowledged falsely is whole", () => {
  const flash = fresh();
  flash.failNext("program", 1, { address: 0, sizeBytes: 512 }, "done");
  expectFault(() => flash.program(0, DATA), "program", 0);
  expect(readBytes(flash, 0, 16)).toEqual(DATA);
});

test("check bits and their count go into a clone, and are its own", () => {
  const flash = cutProgram({ kind: "prefix", bytes: 3 });
  flash.flipBit(0, 0);
  readBytes(flash, 0, 8);
  const copy = flash.clone();
  flash.erase(0);
  expect(copy.eccCorrected).toBe(1);
  expectFault(() => readBytes(copy, 32, 1), "read", 32);
  readBytes(copy, 0, 8);
  expect([copy.eccCorrected, flash.eccCorrected]).toEqual([2, 1]);
});

test("a part without check bits reads what is there", () => {
  const flash = new NorFlash(smallGeometry);
  flash.cutAt(0, { kind: "prefix", bytes: 3 });
  expect(() => flash.program(0, filled(8, 0))).toThrow(PowerLoss);
  flash.powerOn();
  flash.flipBit(7, 0);
  expect([...readBytes(flash, 0, 8)]).toEqual([0, 0, 0, 255, 255, 255, 255, 254]);
  expect(flash.eccCorrected).toBe(0);
});

test("check bits do not allow a multiwrite", () => {
  expect(() => new NorFlash(smallGeometry, { policy: "multiwrite", ecc: true })).toThrow(
    RangeError,
  );
});
