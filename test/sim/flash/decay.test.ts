import { expect, test } from "vitest";
import { NorFlash } from "#sim/flash/nor.ts";
import type { NorOptions } from "#sim/flash/nor-options.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { expectFault, filled, readBytes, smallGeometry } from "./flash-bench.ts";

/** One sector of 256, then one of 1024. */
const listGeometry = {
  sizeBytes: 1280,
  granuleBytes: 8,
  sectors: [
    { address: 0, sizeBytes: 256, count: 1 },
    { address: 256, sizeBytes: 1024, count: 1 },
  ],
};
const DISTURB = { readDisturbEvery: 10 };

function fresh(options: NorOptions, seed = 1): NorFlash {
  const flash = new NorFlash(listGeometry, { key: drawKey(seed, 0, "flash"), ...options });
  flash.program(0, filled(1280, 0x5a));
  return flash;
}

/** Positions of the bits that do not read 0x5a. */
function wrongBits(flash: NorFlash): number[] {
  // Not through a read, which would disturb: a clone does not count for the original.
  const wrong: number[] = [];
  readBytes(flash.clone(), 0, 1280).forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if (((byte ^ 0x5a) >> bit) & 1) wrong.push(8 * at + bit);
  });
  return wrong;
}

function readOften(flash: NorFlash, times: number, address: number, sizeBytes = 1): void {
  for (let time = 0; time < times; time++) readBytes(flash, address, sizeBytes);
}

test("reading a sector so many times flips one of its bits, and so on", () => {
  const flash = fresh(DISTURB);
  readOften(flash, 9, 0);
  expect(wrongBits(flash.clone())).toEqual([]);
  readOften(flash, 1, 0);
  expect(wrongBits(flash)).toHaveLength(1);
  readOften(flash, 90, 0);
  const wrong = wrongBits(flash);
  expect(wrong.length).toBeGreaterThan(5); // a bit that has flipped does not flip back
  for (const bit of wrong) expect(bit).toBeLessThan(8 * 256);
});

test("a read over two sectors disturbs both, one of nothing none", () => {
  const flash = fresh(DISTURB);
  readOften(flash, 10, 250, 10);
  const wrong = wrongBits(flash);
  expect(wrong.map((bit) => bit < 8 * 256)).toEqual([true, false]);
  readOften(flash, 100, 0, 0);
  expect(wrongBits(flash)).toEqual(wrong);
});

test("each sector has its own chance", () => {
  const flash = new NorFlash(smallGeometry, DISTURB);
  readOften(flash, 50, 255, 2);
  const bytes = readBytes(flash, 0, 512);
  expect(bytes.subarray(0, 256)).not.toEqual(bytes.subarray(256));
});

test("an erase mends the sector and starts its count again", () => {
  const flash = fresh(DISTURB);
  readOften(flash, 15, 0);
  flash.erase(0);
  flash.program(0, filled(256, 0x5a));
  expect(wrongBits(flash)).toEqual([]);
  readOften(flash, 9, 0);
  expect(wrongBits(flash)).toEqual([]);
  readOften(flash, 1, 0);
  expect(wrongBits(flash)).toHaveLength(1);
});

test("what happens to a sector depends on its own reads and on the seed, on nothing else", () => {
  const after = (seed: number, disturbance: (flash: NorFlash) => void) => {
    const flash = fresh(DISTURB, seed);
    disturbance(flash);
    readOften(flash, 50, 0);
    return wrongBits(flash).filter((bit) => bit < 8 * 256);
  };
  const alone = after(1, () => undefined);
  expect(after(1, (flash) => readOften(flash, 55, 300))).toEqual(alone);
  expect(after(1, (flash) => flash.rot(3, { address: 256, sizeBytes: 64 }))).toEqual(alone);
  expect(after(2, () => undefined)).not.toEqual(alone);
});

test("check bits mend one disturbed bit a granule, and count it", () => {
  const flash = fresh({ ...DISTURB, ecc: true });
  readOften(flash, 30, 0);
  expect(readBytes(flash, 0, 256)).toEqual(filled(256, 0x5a));
  expect(flash.eccCorrected).toBe(3);
});

test("without the option reading is harmless", () => {
  const flash = fresh({});
  readOften(flash, 20_000, 0);
  expect(wrongBits(flash)).toEqual([]);
});

test.each([0, -1, 1.5, Number.NaN])("a bit every %f reads is refused", (readDisturbEvery) => {
  expect(() => new NorFlash(listGeometry, { readDisturbEvery })).toThrow(RangeError);
});

test("rot flips bits of its span, at random by the seed, and none twice", () => {
  const rotten = (seed: number, count: number) => {
    const flash = fresh({}, seed);
    flash.rot(count, { address: 128, sizeBytes: 256 });
    return wrongBits(flash);
  };
  expect(rotten(1, 0)).toEqual([]);
  expect(rotten(1, 1)).toHaveLength(1);
  expect(rotten(1, 20)).toEqual(rotten(1, 20));
  expect(rotten(1, 20)).not.toEqual(rotten(2, 20));
  const most = rotten(3, 20_000);
  expect(most.length).toBeGreaterThan(2030);
  expect(Math.min(...most)).toBe(8 * 128);
  expect(Math.max(...most)).toBe(8 * 384 - 1);
});

test("rot goes on where it was, anywhere on the flash; an erase mends it", () => {
  const flash = fresh({});
  for (let time = 0; time < 50; time++) flash.rot(1);
  const wrong = wrongBits(flash);
  const atOnce = fresh({});
  atOnce.rot(50);
  expect(wrongBits(atOnce)).toEqual(wrong);
  expect(wrong.some((bit) => bit < 8 * 256)).toBe(true);
  expect(wrong.some((bit) => bit >= 8 * 1024)).toBe(true);
  flash.erase(0);
  flash.erase(256);
  flash.program(0, filled(1280, 0x5a));
  expect(wrongBits(flash)).toEqual([]);
  expect(() => flash.rot(1, { address: 1024, sizeBytes: 512 })).toThrow(RangeError);
});

test("a worn sector keeps one bit unerased in its last erases, then fails", () => {
  const flash = new NorFlash(listGeometry, { enduranceErases: 4, marginalErases: 2 });
  const weakBits = () => {
    flash.erase(256);
    return readBytes(flash, 0, 1280).filter((byte) => byte !== 0xff);
  };
  expect(weakBits()).toHaveLength(0);
  expect(weakBits()).toHaveLength(0);
  for (let time = 0; time < 2; time++) {
    const weak = weakBits();
    expect(weak).toHaveLength(1);
    expect([0x7f, 0xbf, 0xdf, 0xef, 0xf7, 0xfb, 0xfd, 0xfe]).toContain(weak[0]);
  }
  expectFault(weakBits, "erase", 256);
});

test("wear, disturbance and rot go into a clone, and go on apart", () => {
  const flash = fresh({ ...DISTURB, enduranceErases: 5, marginalErases: 5 });
  readOften(flash, 27, 0);
  flash.rot(4);
  flash.erase(256);
  const copy = flash.clone();
  const ages = (each: NorFlash) => {
    readOften(each, 20, 0);
    each.rot(2);
    each.erase(256);
    return [wrongBits(each), each.eraseCount(256)];
  };
  const aged = ages(flash);
  expect(ages(copy)).toEqual(aged);
  const fallenBack = fresh({ ...DISTURB, enduranceErases: 5, marginalErases: 5 });
  const young = fallenBack.clone();
  expect(() => young.restore(copy)).not.toThrow();
  expect(wrongBits(young)).toEqual(aged[0]);
  young.restore(fallenBack);
  expect(wrongBits(young)).toEqual([]);
  expect(young.eraseCount(256)).toBe(0);
  readOften(young, 9, 0);
  expect(wrongBits(young)).toEqual([]);
});

test("uniform sectors are disturbed one by one", () => {
  const flash = new NorFlash(smallGeometry, DISTURB);
  readOften(flash, 10, 300);
  const bytes = readBytes(flash, 0, 512);
  expect(bytes.subarray(0, 256)).toEqual(filled(256, 0xff));
  expect(bytes.subarray(256).filter((byte) => byte !== 0xff)).toHaveLength(1);
});
