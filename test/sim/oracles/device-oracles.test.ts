import { expect, test } from "vitest";
import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import type { BootStrategy } from "#agent/boot/strategy.ts";
import type { DeviceStatus } from "#agent/status.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { BootOracles } from "#sim/oracles/boot-oracles.ts";
import { DeviceOracles } from "#sim/oracles/device-oracles.ts";
import {
  tinyGeometry,
  tinyIdentity,
  tinyImage,
  tinyLayout,
  verifyTiny,
  writeTiny,
} from "../../agent/boot/tiny.ts";

const factory = tinyIdentity(1);
const next = tinyIdentity(2, 3);
const attemptsMax = 2;

/** A device that a run watches, and whose strategy a test can sabotage. */
class Watched {
  readonly flash = new NorFlash(tinyGeometry(8));
  readonly oracles: DeviceOracles;
  readonly honest: BankBoot;
  boot: BootStrategy;

  constructor(third = next) {
    installFactoryImage(this.flash, tinyLayout, tinyImage(1), factory);
    this.oracles = new DeviceOracles({
      flash: this.flash,
      layout: tinyLayout,
      attemptsMax,
      factory,
      images: [
        { hash: factory.hash, bytes: tinyImage(1) },
        { hash: next.hash, bytes: tinyImage(2, 3) },
        { hash: third.hash, bytes: tinyImage(3, 3) },
      ],
    });
    const options = { attemptsMax };
    this.honest = new BankBoot(this.flash, tinyLayout, verifyTiny(this.flash), options);
    this.boot = this.oracles.watch(this.honest);
  }

  /** From here on the strategy does something else in some of its calls. */
  sabotage(how: Partial<BootStrategy>): void {
    const { honest } = this;
    this.boot = this.oracles.watch({
      boot: () => honest.boot(),
      report: () => honest.report(),
      updateRegion: () => honest.updateRegion(),
      openUpdate: (updateId) => honest.openUpdate(updateId),
      stage: (image) => honest.stage(image),
      abandon: () => honest.abandon(),
      confirm: () => honest.confirm(),
      ...how,
    });
  }

  stage(): void {
    writeTiny(this.flash, this.boot.openUpdate(7), tinyImage(2, 3));
    this.boot.stage(next);
  }

  status(change: Partial<DeviceStatus> = {}): DeviceStatus {
    return {
      joined: true,
      clockSynced: true,
      groups: [{ groupId: 0, mcAddr: 5, nextMcFCnt: 30, session: "open" }],
      sessions: [
        {
          fragIndex: 0,
          nbFrag: 40,
          fragSize: 50,
          received: 30,
          coded: 0,
          beyondM: 0,
          missing: 10,
          state: "receiving",
          failure: undefined,
        },
      ],
      lastFailure: undefined,
      boot: this.honest.report(),
      running: factory,
      ...change,
    };
  }
}

test("an update without sabotage breaks no rule", () => {
  const device = new Watched();
  device.boot.boot();
  device.oracles.lifeBegan(device.status(), factory);
  device.stage();
  device.oracles.lifeEnded(device.status());
  device.boot.boot();
  device.oracles.lifeBegan(device.status({ running: next }), next);
  device.boot.confirm();
  device.oracles.requireWear();
});

test("I2: what boots is not what the bank holds", () => {
  const device = new Watched();
  device.flash.flipBit(40, 3);
  device.sabotage({
    boot: () => ({
      ok: true,
      bank: 0,
      image: factory,
      trial: false,
      report: device.honest.report(),
    }),
  });
  expect(() => device.boot.boot()).toThrow(/^I2: bank 0/);
});

test("I3: the bank that runs is erased, programmed, or offered for an update", () => {
  const device = new Watched();
  device.boot.boot();
  expect(() => device.flash.erase(0)).toThrow(/^I3: a erase/);
  expect(() => device.flash.program(504, new Uint8Array(8))).toThrow(/^I3: a program/);
  device.sabotage({
    openUpdate: (updateId) => {
      device.honest.openUpdate(updateId);
      return tinyLayout.banks[0];
    },
  });
  expect(() => device.boot.openUpdate(1)).toThrow(/^I3: the update/);
});

test("I4: an image that was never confirmed runs as if it were", () => {
  const device = new Watched();
  device.boot.boot();
  device.stage();
  device.sabotage({
    boot: () => {
      const decision = device.honest.boot();
      return decision.ok ? { ...decision, trial: false } : decision;
    },
  });
  expect(() => device.boot.boot()).toThrow(/^I4: 2\.0\.0\+0 was never confirmed/);
});

test("I5: an image is staged with more attempts than it may have", () => {
  const device = new Watched();
  device.boot.boot();
  const { flash, oracles } = device;
  const generous = new BankBoot(flash, tinyLayout, verifyTiny(flash), { attemptsMax: 5 });
  device.boot = oracles.watch(generous);
  device.boot.boot();
  expect(() => device.stage()).toThrow(/^I5: staged with 5 attempts/);
});

test("I4: a trial that is not counted", () => {
  const device = new Watched();
  device.boot.boot();
  device.stage();
  const trial = device.boot.boot();
  device.sabotage({ boot: () => trial });
  expect(() => device.boot.boot()).toThrow(/^I4: the trial left the attempts at 1/);
});

test("I6: a confirmation that confirms nothing", () => {
  const device = new Watched();
  device.boot.boot();
  device.stage();
  device.boot.boot();
  device.sabotage({ confirm: () => {} });
  expect(() => device.boot.confirm()).toThrow(/^I6: /);
});

test("I1: nothing boots, which a run takes for a verdict and all others for a breach", () => {
  const device = new Watched();
  const boot = () => ({ ok: false, report: device.honest.report() }) as const;
  device.sabotage({ boot });
  expect(device.boot.boot().ok).toBe(false);
  const oracles = new BootOracles({
    flash: device.flash,
    layout: tinyLayout,
    attemptsMax,
    factory,
    holds: () => true,
    isGood: () => false,
  });
  expect(() => oracles.watch({ ...device.boot, boot }).boot()).toThrow(/^I1: /);
});

test("I7: an image below the security counter boots", () => {
  const device = new Watched();
  const old = { ...factory, securityCounter: 0 };
  device.sabotage({
    boot: () => {
      const decision = device.honest.boot();
      return decision.ok ? { ...decision, image: old } : decision;
    },
  });
  expect(() => device.boot.boot()).toThrow(/^I7: 1\.0\.0\+0 runs below counter 1/);
});

test("I7: a counter that was earned, whatever is staged since; and one that was not", () => {
  const third = tinyIdentity(3, 3);
  const device = new Watched(third);
  device.boot.boot();
  device.stage();
  device.boot.boot();
  device.boot.confirm();
  writeTiny(device.flash, device.boot.openUpdate(8), tinyImage(3, 3));
  device.boot.stage(third);
  expect(device.boot.boot()).toMatchObject({ image: { securityCounter: 3 }, trial: true });
  const behind = new Watched();
  behind.boot.boot();
  behind.stage();
  behind.boot.boot();
  behind.honest.confirm();
  expect(() => behind.boot.boot()).toThrow(/^I7: counter 3 without a confirm/);
});

test("I9: the boot record is lost", () => {
  const device = new Watched();
  device.boot.boot();
  device.oracles.lifeEnded(undefined);
  for (const { address } of tinyLayout.state) device.flash.erase(address);
  expect(() => device.boot.boot()).toThrow(/^I9: /);
});

test.each([
  ["another image than the one that runs", { running: next }, /^I11: the device says/],
  [
    "a complete block that misses something",
    { sessions: [{ ...new Watched().status().sessions[0], state: "complete", missing: 3 }] },
    /^I11: session 0 is complete and misses 3/,
  ],
])("I11: a status that names %s", (_, change, violation) => {
  const device = new Watched();
  device.boot.boot();
  const status = { ...device.status(), ...change } as DeviceStatus;
  expect(() => device.oracles.lifeBegan(status, factory)).toThrow(violation);
});

test("I13: a bank that is erased again and again", () => {
  const device = new Watched();
  device.boot.boot();
  const { address } = device.boot.openUpdate(7);
  for (let erase = 0; erase < 4; erase++) device.flash.erase(address);
  device.oracles.requireWear();
  device.flash.erase(address);
  expect(() => device.oracles.requireWear()).toThrow(/^I13: 5 erases at 0x200, at most 4/);
});

const session = new Watched().status().sessions[0];
const group = new Watched().status().groups[0];

test.each([
  ["a session", { sessions: [] }, /^I14: session 0 is forgotten/],
  [
    "a fragment",
    { sessions: [{ ...session, missing: 11 }] },
    /^I14: session 0 missed 10 fragments, and misses 11/,
  ],
  ["a session of another shape", { sessions: [{ ...session, nbFrag: 41 }] }, /^I14: session 0 is/],
  ["a group", { groups: [] }, /^I14: group 0 is forgotten/],
  [
    "a frame counter",
    { groups: [{ ...group, nextMcFCnt: 29 }] },
    /^I14: the frame counter of group 0 fell from 30 to 29/,
  ],
])("I14: a reset costs %s", (_, change, violation) => {
  const device = new Watched();
  device.boot.boot();
  device.oracles.lifeEnded(device.status());
  const status = { ...device.status(), ...change } as DeviceStatus;
  expect(() => device.oracles.lifeBegan(status, factory)).toThrow(violation);
  device.oracles.lifeEnded(undefined);
  device.oracles.lifeBegan(status, factory);
});
