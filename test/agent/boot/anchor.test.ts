import { expect, test } from "vitest";
import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import type { VerifyImage } from "#agent/boot/strategy.ts";
import type { MonotonicCounter, Watchdog } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import {
  tinyGeometry,
  tinyIdentity,
  tinyImage,
  tinyLayout,
  verifyTiny,
  writeTiny,
} from "./tiny.ts";

class Fuses implements MonotonicCounter {
  value: number;

  constructor(value: number) {
    this.value = value;
  }

  read(): number {
    return this.value;
  }

  raise(value: number): void {
    this.value = Math.max(this.value, value);
  }
}

/** Image 1 of counter 1 runs from bank A. */
function factoryFlash(): NorFlash {
  const flash = new NorFlash(tinyGeometry(8));
  installFactoryImage(flash, tinyLayout, tinyImage(1), tinyIdentity(1));
  return flash;
}

function bootOf(flash: NorFlash, anchor: MonotonicCounter, watchdog?: Watchdog): BankBoot {
  const options = { attemptsMax: 2, anchor, ...(watchdog === undefined ? {} : { watchdog }) };
  return new BankBoot(flash, tinyLayout, verifyTiny(flash), options);
}

/** The image is in bank B, staged. */
function stage(boot: BankBoot, flash: NorFlash, major: number, securityCounter: number): void {
  writeTiny(flash, boot.openUpdate(major), tinyImage(major, securityCounter));
  boot.stage(tinyIdentity(major, securityCounter));
}

test("the anchor rises at the confirmation, not before", () => {
  const flash = factoryFlash();
  const fuses = new Fuses(0);
  const boot = bootOf(flash, fuses);
  boot.boot();
  expect(fuses.value).toBe(1);
  stage(boot, flash, 2, 5);
  expect(boot.boot()).toMatchObject({ ok: true, trial: true });
  expect(fuses.value).toBe(1);
  boot.confirm();
  expect(fuses.value).toBe(5);
});

test("a cut between confirmation and anchor is made up for at the next boot", () => {
  const flash = factoryFlash();
  const first = bootOf(flash, new Fuses(1));
  first.boot();
  stage(first, flash, 2, 5);
  first.boot();
  first.confirm();
  const late = new Fuses(1);
  bootOf(flash, late).boot();
  expect(late.value).toBe(5);
});

test("recovery keeps to the security counter that is kept elsewhere", () => {
  const flash = new NorFlash(tinyGeometry(8));
  writeTiny(flash, tinyLayout.banks[0], tinyImage(9, 3));
  writeTiny(flash, tinyLayout.banks[1], tinyImage(8, 4));
  const decision = bootOf(flash, new Fuses(4)).boot();
  expect(decision).toMatchObject({ ok: true, bank: 1, report: { securityCounter: 4 } });
});

test("a flash that was set back to an older state runs nothing below the anchor", () => {
  const decision = bootOf(factoryFlash(), new Fuses(2)).boot();
  expect(decision).toMatchObject({ ok: false, report: { securityCounter: 2 } });
});

test("the application is told the anchored counter, so that it refuses what would not boot", () => {
  const flash = factoryFlash();
  const boot = bootOf(flash, new Fuses(1));
  boot.boot();
  expect(boot.report().securityCounter).toBe(1);
  expect(bootOf(flash, new Fuses(7)).report().securityCounter).toBe(7);
});

test("the watchdog runs before anything else does, and is fed before each verification", () => {
  const flash = factoryFlash();
  const calls: string[] = [];
  const watchdog = { start: () => calls.push("start"), feed: () => calls.push("feed") };
  const check = verifyTiny(flash);
  const verify: VerifyImage = (region, counterMin) => {
    calls.push(`verify ${region.address}`);
    return check(region, counterMin);
  };
  const boot = new BankBoot(flash, tinyLayout, verify, { attemptsMax: 2, watchdog });
  boot.boot();
  stage(boot, flash, 2, 1);
  flash.flipBit(tinyLayout.banks[1].address + 100, 3);
  calls.length = 0;
  expect(boot.boot()).toMatchObject({ bank: 0, trial: false });
  const looks = [`verify ${tinyLayout.banks[1].address}`, `verify ${tinyLayout.banks[0].address}`];
  expect(calls).toEqual(["start", "feed", looks[0], "feed", looks[0], "feed", looks[1]]);
});
