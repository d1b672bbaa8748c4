import { expect, test } from "vitest";
import { PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { type NorProfileName, norProfiles, profileGeometry } from "#sim/flash/profiles.ts";
import { expectFault, filled, readBytes, smallGeometry } from "./flash-bench.ts";

const durations = {
  program: { bytes: 32, typUs: 100, maxUs: 300 },
  erase: { typUs: 20_000, maxUs: 90_000 },
};
const fresh = () => new NorFlash(smallGeometry, { durations });

/** What one call costs. */
function timeOf(flash: NorFlash, call: () => void): number {
  const before = flash.busyUs;
  call();
  return flash.busyUs - before;
}

test("an erase takes one sector's time, a program one pulse for each block it touches", () => {
  const flash = fresh();
  expect(flash.busyUs).toBe(0);
  expect(timeOf(flash, () => flash.erase(0))).toBe(20_000);
  expect(timeOf(flash, () => flash.program(0, filled(8, 0)))).toBe(100);
  expect(timeOf(flash, () => flash.program(8, filled(24, 0)))).toBe(100);
  expect(timeOf(flash, () => flash.program(56, filled(16, 0)))).toBe(200);
  expect(timeOf(flash, () => flash.program(96, filled(96, 0)))).toBe(300);
  expect(timeOf(flash, () => readBytes(flash, 0, 512))).toBe(0);
  expect(timeOf(flash, () => flash.program(200, filled(0, 0)))).toBe(0);
  expect(flash.busyUs).toBe(20_700);
});

test("an operation that fails or is cut has taken its time", () => {
  const flash = fresh();
  flash.failNext("erase", 1);
  expect(timeOf(flash, () => expectFault(() => flash.erase(0), "erase", 0))).toBe(20_000);
  flash.cutAt(1, { kind: "notDone" });
  const cut = () => expect(() => flash.program(0, filled(8, 0))).toThrow(PowerLoss);
  expect(timeOf(flash, cut)).toBe(100);
});

test("slow operations take their maximum, so many times in a span", () => {
  const flash = fresh();
  flash.slowNext("erase", 2, { address: 256, sizeBytes: 1 });
  expect(timeOf(flash, () => flash.erase(0))).toBe(20_000);
  expect(timeOf(flash, () => flash.erase(256))).toBe(90_000);
  expect(timeOf(flash, () => flash.program(256, filled(64, 0)))).toBe(200);
  expect(timeOf(flash, () => flash.erase(256))).toBe(90_000);
  expect(timeOf(flash, () => flash.erase(256))).toBe(20_000);
  flash.slowNext("program", Number.POSITIVE_INFINITY);
  for (let at = 0; at < 512; at += 64) {
    expect(timeOf(flash, () => flash.program(at, filled(64, 0)))).toBe(600);
  }
  expect(readBytes(flash, 0, 512)).toEqual(filled(512, 0));
});

test("time and what is still to be slow go into a clone", () => {
  const flash = fresh();
  flash.erase(0);
  flash.slowNext("erase", 1);
  const copy = flash.clone();
  expect(copy.busyUs).toBe(20_000);
  copy.erase(0);
  expect([flash.busyUs, copy.busyUs]).toEqual([20_000, 110_000]);
  flash.erase(0);
  expect(flash.busyUs).toBe(110_000);
});

test("without durations nothing takes time, and nothing can be slow", () => {
  const flash = new NorFlash(smallGeometry);
  flash.erase(0);
  flash.program(0, filled(8, 0));
  expect(flash.busyUs).toBe(0);
  expect(() => flash.slowNext("erase", 1)).toThrow(RangeError);
});

const names: readonly NorProfileName[] = ["stm32wl", "stm32u5", "stm32l0", "spiNor"];

test.each(names)("%s: a part of that kind keeps its rules", (name) => {
  const profile = norProfiles[name];
  const { granuleBytes, sectorBytes, erasedByte } = profile;
  const { policy, ecc = false, enduranceErases = 0, durations: times } = profile.options;
  const geometry = profileGeometry(profile, 2 * sectorBytes - 1);
  expect(geometry.sizeBytes).toBe(2 * sectorBytes);
  const flash = new NorFlash(geometry, profile.options);
  expect(readBytes(flash, 0, sectorBytes)).toEqual(filled(sectorBytes, erasedByte));
  flash.program(0, filled(granuleBytes, 0x5a));

  const inverse = filled(granuleBytes, erasedByte ^ 0xff);
  if (policy === "write-once") expect(() => flash.program(0, inverse)).toThrow(RangeError);
  else flash.program(0, inverse);
  const other = () => flash.program(0, filled(granuleBytes, 0x3c));
  if (policy === "multiwrite") other();
  else expect(other).toThrow(RangeError);

  flash.flipBit(0, 0);
  readBytes(flash, 0, 1);
  expect(flash.eccCorrected).toBe(ecc ? 1 : 0);

  if (times !== undefined) {
    expect(times.program.typUs).toBeLessThan(times.program.maxUs);
    expect(times.erase.typUs).toBeLessThan(times.erase.maxUs);
    expect(times.program.bytes % granuleBytes).toBe(0);
    expect(timeOf(flash, () => flash.erase(0))).toBe(times.erase.typUs);
  }
  for (let time = flash.eraseCount(0); time < enduranceErases; time++) flash.erase(0);
  expectFault(() => flash.erase(0), "erase", 0);
});
