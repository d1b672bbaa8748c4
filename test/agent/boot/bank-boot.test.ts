import { expect, test } from "vitest";
import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import type { BootDecision } from "#agent/boot/strategy.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import {
  tinyGeometry,
  tinyIdentity,
  tinyImage,
  tinyLayout,
  verifyTiny,
  writeTiny,
} from "./tiny.ts";

const ATTEMPTS = 2;

/** A device with image 1 in bank A. */
class Device {
  readonly flash = new NorFlash(tinyGeometry(8));
  boot = this.#newBoot();

  constructor(securityCounter = 1) {
    const identity = tinyIdentity(1, securityCounter);
    installFactoryImage(this.flash, tinyLayout, tinyImage(1, securityCounter), identity);
  }

  /** RAM is lost, flash is not. */
  reset(): BootDecision {
    this.flash.powerOn();
    this.boot = this.#newBoot();
    return this.boot.boot();
  }

  #newBoot(): BankBoot {
    return new BankBoot(this.flash, tinyLayout, verifyTiny(this.flash), { attemptsMax: ATTEMPTS });
  }

  stage(major: number, securityCounter = 1, updateId = major): void {
    const region = this.boot.openUpdate(updateId);
    writeTiny(this.flash, region, tinyImage(major, securityCounter));
    this.boot.stage(tinyIdentity(major, securityCounter));
  }

  /** One bit of the image in a bank. */
  rot(bank: 0 | 1): void {
    this.flash.flipBit(tinyLayout.banks[bank].address + 100, 3);
  }
}

/** `bank version trial? reason`, the way a timeline would say it. */
function summary(decision: BootDecision): string {
  const { lastReason, bankStates } = decision.report;
  const states = bankStates.join("/");
  if (!decision.ok) return `brick ${states} ${lastReason}`;
  const trial = decision.trial ? ` trial ${decision.report.attemptsLeft}` : "";
  return `${"AB"[decision.bank]} ${decision.image.version[0]}${trial} ${states} ${lastReason}`;
}

test("a factory-fresh device runs bank A, again and again", () => {
  const device = new Device();
  expect(summary(device.reset())).toBe("A 1 confirmed/empty none");
  const { operations } = device.flash;
  expect(summary(device.reset())).toBe("A 1 confirmed/empty none");
  expect(device.flash.operations).toBe(operations);
});

test("stage, trial, confirm; then the next update goes to bank A", () => {
  const device = new Device();
  device.reset();
  expect(device.boot.updateRegion()).toEqual(tinyLayout.banks[1]);
  device.stage(2);
  expect(device.boot.report()).toMatchObject({ pending: 1, attemptsLeft: ATTEMPTS, updateId: 2 });
  expect(summary(device.reset())).toBe("B 2 trial 1 confirmed/ready none");
  device.boot.confirm();
  expect(summary(device.reset())).toBe("B 2 confirmed/confirmed confirmed");
  expect(device.boot.updateRegion()).toEqual(tinyLayout.banks[0]);
  device.stage(3);
  expect(summary(device.reset())).toBe("A 3 trial 1 ready/confirmed none");
});

test("an image that never confirms is tried attemptsMax times, then the old one returns", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  expect(summary(device.reset())).toBe("B 2 trial 1 confirmed/ready none");
  expect(summary(device.reset())).toBe("B 2 trial 0 confirmed/ready none");
  expect(summary(device.reset())).toBe("A 1 confirmed/bad attemptsExhausted");
  expect(summary(device.reset())).toBe("A 1 confirmed/bad attemptsExhausted");
  device.stage(3);
  expect(summary(device.reset())).toBe("B 3 trial 1 confirmed/ready none");
});

test("an open update that is interrupted stays dirty, and may be opened again at no cost", () => {
  const device = new Device();
  device.reset();
  device.boot.openUpdate(7);
  expect(summary(device.reset())).toBe("A 1 confirmed/dirty none");
  const { operations } = device.flash;
  expect(device.boot.openUpdate(7)).toEqual(tinyLayout.banks[1]);
  expect(device.flash.operations).toBe(operations);
  device.boot.openUpdate(8);
  expect(device.boot.report().updateId).toBe(8);
});

test("staging twice costs one commit", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  const { operations } = device.flash;
  device.boot.stage(tinyIdentity(2));
  expect(device.flash.operations).toBe(operations);
});

test("abandon gives up what is open, what is staged, and what is on trial", () => {
  const device = new Device();
  device.reset();
  const { operations } = device.flash;
  device.boot.abandon();
  expect(device.flash.operations).toBe(operations);

  device.boot.openUpdate(2);
  device.boot.abandon();
  expect(summary(device.reset())).toBe("A 1 confirmed/dirty abandoned");

  device.stage(2);
  device.boot.abandon();
  expect(summary(device.reset())).toBe("A 1 confirmed/dirty abandoned");

  device.stage(2);
  device.reset();
  device.boot.abandon();
  expect(() => device.boot.confirm()).toThrow(RangeError);
  expect(summary(device.reset())).toBe("A 1 confirmed/bad abandoned");
});

test("a trial can neither open nor stage another update; confirming twice changes nothing", () => {
  const device = new Device();
  device.reset();
  device.boot.confirm();
  device.stage(2);
  device.reset();
  expect(() => device.boot.openUpdate(3)).toThrow(RangeError);
  expect(() => device.boot.stage(tinyIdentity(3))).toThrow(RangeError);
  device.boot.confirm();
  const { operations } = device.flash;
  device.boot.confirm();
  expect(device.flash.operations).toBe(operations);
  expect(() => device.boot.stage(tinyIdentity(3))).toThrow(RangeError);
});

test("a pending image that does not verify, or is not the one that was staged, is bad", () => {
  const rotten = new Device();
  rotten.reset();
  rotten.stage(2);
  rotten.rot(1);
  expect(summary(rotten.reset())).toBe("A 1 confirmed/bad pendingInvalid");

  const swapped = new Device();
  swapped.reset();
  swapped.stage(2);
  writeTiny(swapped.flash, tinyLayout.banks[1], tinyImage(5));
  expect(summary(swapped.reset())).toBe("A 1 confirmed/bad pendingInvalid");
});

test("a trial that cannot be counted does not run: no state sector takes a record", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  for (const copy of tinyLayout.state) {
    device.flash.failNext("program", Number.POSITIVE_INFINITY, copy);
  }
  for (let boot = 0; boot < 2 * ATTEMPTS; boot++) {
    expect(summary(device.reset())).toBe("A 1 confirmed/ready none");
  }
});

test("an image is looked at again before it is blamed: a read may fail once", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  device.flash.failNext("read", 1, tinyLayout.banks[1]);
  expect(summary(device.reset())).toBe("B 2 trial 1 confirmed/ready none");
});

test("the security counter rises at confirm, and older images never run again", () => {
  const device = new Device(3);
  device.reset();
  device.stage(2, 5);
  expect(device.reset().report.securityCounter).toBe(3);
  device.boot.confirm();
  expect(device.boot.report().securityCounter).toBe(5);
  device.rot(1);
  expect(summary(device.reset())).toBe("brick confirmed/confirmed confirmed");

  const downgraded = new Device(3);
  downgraded.reset();
  downgraded.stage(2, 2);
  expect(summary(downgraded.reset())).toBe("A 1 confirmed/bad pendingInvalid");
});

test("when the active image rots, the confirmed one before it takes over", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  device.reset();
  device.boot.confirm();
  device.rot(1);
  expect(summary(device.reset())).toBe("A 1 confirmed/bad activeInvalid");
  expect(device.boot.updateRegion()).toEqual(tinyLayout.banks[1]);
  expect(summary(device.reset())).toBe("A 1 confirmed/bad activeInvalid");
});

test("when the active image rots, a bad or half-written bank does not take over", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  for (let time = 0; time <= ATTEMPTS; time++) device.reset();
  device.rot(0);
  expect(summary(device.reset())).toBe("brick confirmed/bad attemptsExhausted");
});

test("with no record left the highest version that verifies runs, and the other may be tried", () => {
  const device = new Device();
  device.reset();
  device.stage(2);
  device.reset();
  device.boot.confirm();
  for (const region of tinyLayout.state) device.flash.erase(region.address);
  expect(summary(device.reset())).toBe("B 2 ready/confirmed factoryRecovery");
  expect(summary(device.reset())).toBe("B 2 ready/confirmed factoryRecovery");
  device.rot(1);
  expect(summary(device.reset())).toBe("A 1 trial 1 ready/bad activeInvalid");
  device.boot.confirm();
  expect(summary(device.reset())).toBe("A 1 confirmed/bad confirmed");
});

test("an empty flash is a brick, and says so without writing", () => {
  const flash = new NorFlash(tinyGeometry(8));
  const boot = new BankBoot(flash, tinyLayout, verifyTiny(flash), { attemptsMax: ATTEMPTS });
  expect(summary(boot.boot())).toBe("brick empty/empty none");
  expect(flash.operations).toBe(0);
});

test("losing either state sector loses nothing", () => {
  for (const lost of [0, 1] as const) {
    const device = new Device();
    device.reset();
    device.stage(2);
    device.flash.erase(tinyLayout.state[lost].address);
    expect(summary(device.reset())).toBe("B 2 trial 1 confirmed/ready none");
    device.flash.erase(tinyLayout.state[lost === 0 ? 1 : 0].address);
    expect(summary(device.reset())).toBe("B 2 trial 0 confirmed/ready none");
  }
});

test("a lost copy is written anew at the next boot, before the other one is lost too", () => {
  for (const lost of [0, 1] as const) {
    const device = new Device();
    device.flash.erase(tinyLayout.state[lost].address);
    device.reset();
    device.flash.erase(tinyLayout.state[lost === 0 ? 1 : 0].address);
    expect(summary(device.reset())).toBe("A 1 confirmed/empty none");
  }
});
