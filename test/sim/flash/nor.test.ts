import { expect, test } from "vitest";
import { FlashFault, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { flashContract } from "../../contract/flash.contract.ts";

flashContract("NorFlash", (geometry) => new NorFlash(geometry));

const geometry = {
  sizeBytes: 512,
  granuleBytes: 8,
  sectors: [{ address: 0, sizeBytes: 256, count: 2 }],
};
const fresh = () => new NorFlash(geometry);
const ERASED = 0xff;

function read(flash: NorFlash, address: number, sizeBytes: number): Uint8Array {
  const target = new Uint8Array(sizeBytes);
  flash.read(address, target);
  return target;
}

/** Programs 16 bytes of 0x5a at 32 and loses power in it. */
function cutProgram(cut: Cut): NorFlash {
  const flash = fresh();
  flash.program(0, new Uint8Array(8));
  flash.cutAt(1, cut);
  expect(() => flash.program(32, new Uint8Array(16).fill(0x5a))).toThrow(PowerLoss);
  flash.powerOn();
  return flash;
}

test("a dead flash refuses everything until power returns", () => {
  const flash = fresh();
  flash.cutAt(0, { kind: "notDone" });
  expect(() => flash.erase(0)).toThrow(PowerLoss);
  expect(flash.isPowered).toBe(false);
  expect(() => flash.read(0, new Uint8Array(1))).toThrow(PowerLoss);
  expect(() => flash.program(0, new Uint8Array(8))).toThrow(PowerLoss);
  expect(() => flash.erase(0)).toThrow(PowerLoss);
  flash.powerOn();
  flash.program(0, new Uint8Array(8));
});

test("notDone leaves nothing, doneButLost everything", () => {
  expect(read(cutProgram({ kind: "notDone" }), 32, 16)).toEqual(new Uint8Array(16).fill(ERASED));
  const done = cutProgram({ kind: "doneButLost" });
  expect(read(done, 32, 16)).toEqual(new Uint8Array(16).fill(0x5a));
  expect(() => done.program(32, new Uint8Array(8))).toThrow(RangeError);
});

test.each([0, 1, 7, 8, 9, 15, 16])(
  "a prefix of %i bytes, and whole granules count as touched",
  (n) => {
    const flash = cutProgram({ kind: "prefix", bytes: n });
    const expected = new Uint8Array(16).fill(ERASED);
    expected.fill(0x5a, 0, n);
    expect(read(flash, 32, 16)).toEqual(expected);
    if (n > 0) expect(() => flash.program(32, new Uint8Array(8))).toThrow(RangeError);
    if (n > 8) expect(() => flash.program(40, new Uint8Array(8))).toThrow(RangeError);
    else flash.program(40, new Uint8Array(8));
  },
);

test("unstable bits vary from read to read, only where bits were being cleared", () => {
  const flash = cutProgram({ kind: "unstable" });
  const seen = new Set<string>();
  for (let time = 0; time < 20; time++) {
    const bytes = read(flash, 32, 16);
    for (const byte of bytes) expect(byte & 0x5a).toBe(0x5a);
    seen.add(bytes.join());
  }
  expect(seen.size).toBeGreaterThan(15);
  expect(read(flash, 0, 8)).toEqual(new Uint8Array(8));
  expect(() => flash.program(32, new Uint8Array(8))).toThrow(FlashFault);
  flash.erase(0);
  expect(read(flash, 32, 16)).toEqual(new Uint8Array(16).fill(ERASED));
  flash.program(32, new Uint8Array(8));
});

test("partial bits stay as they fell", () => {
  const flash = cutProgram({ kind: "partialBits" });
  const bytes = read(flash, 32, 16);
  expect(read(flash, 32, 16)).toEqual(bytes);
  expect(bytes).not.toEqual(new Uint8Array(16).fill(0x5a));
  for (const byte of bytes) expect(byte & 0x5a).toBe(0x5a);
});

test("a granule that only looks erased fails in the chip, not in the caller", () => {
  const flash = fresh();
  flash.cutAt(0, { kind: "doneButLost" });
  const ones = new Uint8Array(8).fill(ERASED);
  expect(() => flash.program(0, ones)).toThrow(PowerLoss);
  flash.powerOn();
  expect(() => flash.program(0, new Uint8Array(8))).toThrow(FlashFault);
  flash.program(8, ones);
  expect(() => flash.program(8, ones)).toThrow(RangeError);
});

function cutErase(cut: Cut): NorFlash {
  const flash = new NorFlash(geometry, { key: drawKey(7, 3, "flash") });
  flash.program(0, new Uint8Array(512).fill(0x0f));
  flash.cutAt(1, cut);
  expect(() => flash.erase(256)).toThrow(PowerLoss);
  flash.powerOn();
  expect(read(flash, 0, 256)).toEqual(new Uint8Array(256).fill(0x0f));
  return flash;
}

test("halfErase leaves the second half", () => {
  const flash = cutErase({ kind: "halfErase" });
  expect(read(flash, 256, 128)).toEqual(new Uint8Array(128).fill(ERASED));
  expect(read(flash, 384, 128)).toEqual(new Uint8Array(128).fill(0x0f));
  flash.program(256, new Uint8Array(128));
  expect(() => flash.program(384, new Uint8Array(8))).toThrow(RangeError);
});

test.each(["randomErase", "marginalErase", "unstable", "partialBits"] as const)(
  "after %s every program fails until the sector is erased again",
  (kind) => {
    const flash = cutErase({ kind });
    const isBlank = read(flash, 256, 256).every((byte) => byte === ERASED);
    expect(isBlank).toBe(kind === "marginalErase");
    const first = read(flash, 256, 256).join();
    expect(read(flash, 256, 256).join() === first).toBe(kind !== "unstable");
    for (let address = 256; address < 512; address += 8) {
      expect(() => flash.program(address, new Uint8Array(8))).toThrow(FlashFault);
    }
    flash.erase(256);
    expect(read(flash, 256, 256)).toEqual(new Uint8Array(256).fill(ERASED));
    flash.program(256, new Uint8Array(256));
    expect(flash.eraseCount(256)).toBe(2);
  },
);

test("the same key tears in the same way", () => {
  const bytes = () => read(cutErase({ kind: "randomErase" }), 256, 256);
  expect(bytes()).toEqual(bytes());
});

test("operations fail n times in a span, without effect", () => {
  const flash = fresh();
  flash.failNext("program", 2, { address: 0, sizeBytes: 64 });
  flash.program(64, new Uint8Array(8));
  for (let time = 0; time < 2; time++) {
    expect(() => flash.program(56, new Uint8Array(8))).toThrow(FlashFault);
  }
  flash.program(56, new Uint8Array(8));

  flash.failNext("erase", Number.POSITIVE_INFINITY, { address: 0, sizeBytes: 1 });
  for (let time = 0; time < 5; time++) expect(() => flash.erase(0)).toThrow(FlashFault);
  expect(read(flash, 56, 8)).toEqual(new Uint8Array(8));
  flash.erase(256);

  flash.failNext("read", 1);
  expect(() => flash.read(0, new Uint8Array(1))).toThrow(FlashFault);
  flash.read(0, new Uint8Array(1));
});

test("a flipped bit stays until the sector is erased", () => {
  const flash = fresh();
  flash.program(0, new Uint8Array(8).fill(0xf0));
  flash.flipBit(3, 0);
  flash.flipBit(100, 7);
  expect([...read(flash, 2, 3)]).toEqual([0xf0, 0xf1, 0xf0]);
  expect([...read(flash, 100, 1)]).toEqual([0x7f]);
  // The granule of the second one is still erased: a program can only clear more of it.
  flash.program(96, new Uint8Array(8).fill(0xfe));
  expect([...read(flash, 99, 3)]).toEqual([0xfe, 0x7e, 0xfe]);
  flash.erase(0);
  expect(read(flash, 0, 256)).toEqual(new Uint8Array(256).fill(ERASED));
});

test("a stuck bit outlives an erase", () => {
  const flash = fresh();
  flash.stickBit(10, 2, 0);
  expect([...read(flash, 10, 1)]).toEqual([0xfb]);
  flash.erase(0);
  expect([...read(flash, 10, 1)]).toEqual([0xfb]);
  flash.stickBit(11, 0, 1);
  flash.program(8, new Uint8Array(8));
  expect([...read(flash, 10, 2)]).toEqual([0, 1]);
});

test("the hook sees every program and erase in order, the cut one included", () => {
  const flash = fresh();
  const seen: unknown[] = [];
  flash.onOperation = (operation) => seen.push(operation);
  flash.program(8, new Uint8Array(16));
  flash.read(0, new Uint8Array(1));
  flash.cutAt(1, { kind: "notDone" });
  expect(() => flash.erase(256)).toThrow(PowerLoss);
  expect(seen).toEqual([
    { index: 0, kind: "program", address: 8, sizeBytes: 16, caller: "" },
    { index: 1, kind: "erase", address: 256, sizeBytes: 256, caller: "" },
  ]);
  expect(flash.operations).toBe(2);
});

test("a clone shares the past and nothing else; a flash can go back to one", () => {
  const flash = fresh();
  flash.program(0, new Uint8Array(8));
  flash.cutAt(1, { kind: "unstable" });
  const snapshot = flash.clone();
  expect(() => flash.program(16, new Uint8Array(8))).toThrow(PowerLoss);
  expect(read(snapshot, 16, 8)).toEqual(new Uint8Array(8).fill(ERASED));
  flash.restore(snapshot);
  expect(flash.isPowered).toBe(true);
  expect(flash.operations).toBe(1);
  expect(() => flash.program(16, new Uint8Array(8))).toThrow(PowerLoss);
  expect(() => flash.restore(new NorFlash({ ...geometry }))).toThrow(RangeError);
});

test.each([
  ["a granule of 3", { ...geometry, granuleBytes: 3 }],
  ["a hole", { ...geometry, sectors: [{ address: 8, sizeBytes: 252, count: 2 }] }],
  ["too few sectors", { ...geometry, sectors: [{ address: 0, sizeBytes: 256, count: 1 }] }],
  [
    "torn granules",
    { ...geometry, sizeBytes: 24, sectors: [{ address: 0, sizeBytes: 12, count: 2 }] },
  ],
])("a geometry with %s is refused", (_, bad) => {
  expect(() => new NorFlash(bad)).toThrow(RangeError);
});
