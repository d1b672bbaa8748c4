import { expect, test } from "vitest";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { expectFault, filled, readBytes, smallGeometry } from "./flash-bench.ts";

const withEndurance = (enduranceErases: number, seed = 0, ecc = false) =>
  new NorFlash(smallGeometry, { enduranceErases, ecc, key: drawKey(seed, 0, "flash") });

test("a flash counts erases by sector, also those that fail", () => {
  const flash = withEndurance(100);
  flash.failNext("erase", 1);
  expectFault(() => flash.erase(256), "erase", 256);
  flash.erase(256);
  flash.erase(0);
  expect([flash.eraseCount(0), flash.eraseCount(255), flash.eraseCount(511)]).toEqual([1, 1, 2]);
});

test("the erase after the last fails, and every one after it; other sectors live on", () => {
  const flash = withEndurance(3);
  for (let time = 0; time < 3; time++) {
    flash.erase(0);
    flash.program(0, filled(256, 0x0f));
  }
  for (let time = 0; time < 20; time++) expectFault(() => flash.erase(0), "erase", 0);
  for (let time = 0; time < 3; time++) {
    flash.erase(256);
    flash.program(256, filled(256, 0x0f));
  }
  expect(readBytes(flash, 256, 256)).toEqual(filled(256, 0x0f));
});

test("what a worn sector holds after a failed erase is undefined, and drawn", () => {
  const left = (seed: number) => {
    const flash = withEndurance(0, seed);
    flash.program(0, filled(512, 0x0f));
    expectFault(() => flash.erase(0), "erase", 0);
    expect(readBytes(flash, 256, 256)).toEqual(filled(256, 0x0f));
    return readBytes(flash, 0, 256).join();
  };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  expect(new Set(seeds.map(left)).size).toBeGreaterThan(5);
  expect(seeds.map(left)).toEqual(seeds.map(left));
});

test("on a part with check bits, most failed erases leave a sector that cannot be read", () => {
  let unreadable = 0;
  for (let seed = 0; seed < 40; seed++) {
    const flash = withEndurance(0, seed, true);
    flash.program(0, filled(512, 0x0f));
    expectFault(() => flash.erase(0), "erase", 0);
    try {
      readBytes(flash, 0, 256);
    } catch {
      unreadable += 1;
    }
  }
  expect(unreadable).toBeGreaterThan(15);
  expect(unreadable).toBeLessThan(40);
});

test("without a limit a sector never wears out", () => {
  const flash = new NorFlash(smallGeometry);
  for (let time = 0; time < 20_000; time++) flash.erase(0);
  expect(flash.eraseCount(0)).toBe(20_000);
});

test("a clone is as worn", () => {
  const flash = withEndurance(1);
  flash.erase(0);
  const copy = flash.clone();
  expectFault(() => copy.erase(0), "erase", 0);
  expect([flash.eraseCount(0), copy.eraseCount(0)]).toEqual([1, 2]);
});
