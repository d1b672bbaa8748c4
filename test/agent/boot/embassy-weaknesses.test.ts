import { describe, expect, test } from "vitest";
import { EmbassyBoot } from "#agent/boot/embassy-boot.ts";
import { FaithfulEmbassyBoot } from "#agent/boot/embassy-faithful.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import { hashPrefixOf } from "#agent/boot/record.ts";
import type { BootDecision, BootStrategy } from "#agent/boot/strategy.ts";
import { FlashFault, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { BootOracles } from "#sim/oracles/boot-oracles.ts";
import { EmbassyScene, tinyEmbassy } from "./embassy-scene.ts";
import { ATTEMPTS_MAX } from "./scene.ts";

/*
 * What embassy-boot 0.7 lacks, shown by the rule that it breaks; and what becomes of the same
 * adversity on a device that boots by EmbassyBoot. docs/embassy-boot.md is the list.
 */

type Kind = "faithful" | "mended";

/** STATE of exactly 2 + 4 × pages words, as little as embassy-boot accepts. */
const smallestState = new EmbassyScene(
  {
    bankBytes: 512,
    sectorBytes: 128,
    stateBytes: 144,
    stateSectors: 1,
    imageBytes: 512,
    programBytes: 64,
  },
  { policy: "zero-overwrite" },
);

/** As embassy-boot needs it: a flash that takes zeros twice. */
const scene = tinyEmbassy(8, "zero-overwrite");

/** A device, image 1 confirmed, and the rules that watch it. */
class Watched {
  readonly flash: NorFlash;
  readonly oracles: BootOracles;
  readonly #scene: EmbassyScene;
  readonly #kind: Kind;
  boot: BootStrategy;

  constructor(kind: Kind, keepsRecord = kind === "mended", where = scene) {
    const key = drawKey(1, 8, "flash");
    this.#scene = where;
    this.#kind = kind;
    this.flash = new NorFlash(where.geometry(8), { ...where.norOptions, key });
    const factory = where.identity(1);
    installFactoryImage(this.flash, where.layout, where.image(1), factory);
    this.oracles = new BootOracles({
      flash: this.flash,
      layout: where.layout,
      attemptsMax: kind === "mended" ? ATTEMPTS_MAX : 1,
      factory,
      holds: (_, { hash }) => this.runs()?.hash === hashPrefixOf(hash),
      isGood: () => true,
      ...(keepsRecord ? {} : { keepsRecord: false }),
      swapGuard: where.swapGuardOn(this.flash),
    });
    this.boot = this.#newLife();
  }

  /** What ACTIVE holds, if it is a whole image. */
  runs(): { readonly version: string; readonly hash: bigint } | undefined {
    const verdict = this.#scene.verify(this.flash)(this.#scene.layout.banks[0], 0);
    if (!verdict.ok) return undefined;
    return { version: verdict.image.version, hash: hashPrefixOf(verdict.image.hash) };
  }

  start(): BootDecision {
    return this.boot.boot();
  }

  /** Version that runs, and whether it is on trial. */
  startOf(): string {
    const decision = this.start();
    return decision.ok
      ? `${decision.image.version}${decision.trial ? " on trial" : ""}`
      : "nothing";
  }

  reset(): void {
    this.flash.powerOn();
    this.boot = this.#newLife();
  }

  /** A reset that the supply is to blame for. */
  cut(): void {
    this.oracles.cut();
    this.reset();
  }

  /** Sends an image and stages it; `flipped`: a bit of it goes wrong afterwards. */
  update(major: number, { securityCounter = 1, flipped = false } = {}): void {
    const scene = this.#scene;
    const region = this.boot.openUpdate(1);
    scene.write(this.flash, region, scene.image(major, securityCounter));
    this.boot.stage(scene.identity(major, securityCounter));
    if (flipped) this.flash.flipBit(region.address + 70, 3);
  }

  /** Calls, with a supply that fails in flash operation number `after` of the call. */
  withCut(after: number, cut: Cut, call: () => void): void {
    this.flash.cutAt(this.flash.operations + after, cut);
    expect(call).toThrow(PowerLoss);
    this.cut();
  }

  #newLife(): BootStrategy {
    const scene = this.#scene;
    const verify = scene.verify(this.flash);
    const bufferBytes = scene.sizes.programBytes;
    const own =
      this.#kind === "faithful"
        ? new FaithfulEmbassyBoot(this.flash, scene.embassy, verify, { bufferBytes })
        : new EmbassyBoot(this.flash, scene.embassy, verify, {
            attemptsMax: ATTEMPTS_MAX,
            bufferBytes,
          });
    return this.oracles.watch(own);
  }
}

/** Image 2 in its first trial. */
function onTrial(kind: Kind, where?: EmbassyScene): Watched {
  const device = new Watched(kind, kind === "mended", where);
  device.start();
  device.update(2);
  device.reset();
  expect(device.startOf()).toBe("2.0.0+0 on trial");
  return device;
}

describe("what is booted is not looked at (I2)", () => {
  test("faithful: an image that went bad in DFU runs", () => {
    const device = new Watched("faithful");
    device.start();
    device.update(2, { flipped: true });
    device.reset();
    expect(() => device.start()).toThrow(/^I2: /);
  });

  test("mended: the one before it runs, and nothing was swapped", () => {
    const device = new Watched("mended");
    device.start();
    device.update(2, { flipped: true });
    device.reset();
    expect(() => device.start()).toThrow("I9: a power cut led to pendingInvalid");
    expect(device.runs()?.version).toBe("1.0.0+0");
    expect(device.flash.eraseCount(scene.embassy.active.address)).toBe(0);
  });
});

describe("any reset ends a trial: with one attempt, I8 promises nothing", () => {
  test("faithful: one power cut takes a good image back", () => {
    const device = onTrial("faithful");
    device.cut();
    expect(device.startOf()).toBe("1.0.0+0");
    expect(device.boot.report().lastReason).toBe("attemptsExhausted");
  });

  test("mended: it has as many trials as it was given", () => {
    const device = onTrial("mended");
    device.cut();
    expect(device.startOf()).toBe("2.0.0+0 on trial");
  });
});

describe("a confirmation is three operations (I11)", () => {
  const BETWEEN_INVALIDATE_AND_ERASE = 1;

  test("faithful: power fails, and a device that runs the new image says it was rolled back", () => {
    const device = onTrial("faithful");
    const cut: Cut = { kind: "notDone" };
    device.withCut(BETWEEN_INVALIDATE_AND_ERASE, cut, () => device.boot.confirm());
    device.start();
    expect(device.runs()?.version).toBe("2.0.0+0");
    expect(device.boot.report().lastReason).toBe("attemptsExhausted");
  });

  test.each([0, 1, 2, 3])("mended: power fails in operation %i of it", (after) => {
    const device = onTrial("mended");
    device.withCut(after, { kind: "notDone" }, () => device.boot.confirm());
    expect(device.startOf()).toMatch(/^2\.0\.0\+0/);
    device.boot.confirm();
    expect(device.boot.report().lastReason).toBe("confirmed");
  });
});

describe("progress that is invalid counts as the largest there is (I2)", () => {
  test("faithful, STATE as small as it may be: half of each image runs", () => {
    const device = onTrial("faithful", smallestState);
    device.withCut(1, { kind: "notDone" }, () => device.boot.confirm());
    expect(() => device.start()).toThrow(/^I2: /);
    expect(device.runs()).toBeUndefined();
  });

  test("mended: so small a STATE is refused", () => {
    expect(() => new Watched("mended", true, smallestState)).toThrow("bytes more, for a seal");
  });
});

describe("a torn mark is written again (I12)", () => {
  /** Of the swap: an erase, two programs, and this. */
  const FIRST_MARK = 3;
  const onceOnly = tinyEmbassy(8, "write-once");
  const TORN: Cut = { kind: "prefix", bytes: 4 };

  test("faithful: a flash that takes each granule once traps", () => {
    const device = new Watched("faithful", false, onceOnly);
    device.start();
    device.update(2);
    device.reset();
    device.withCut(FIRST_MARK, TORN, () => device.start());
    expect(() => device.start()).toThrow(RangeError);
  });

  test("mended: a note behind the progress stands for it", () => {
    const device = new Watched("mended", true, onceOnly);
    device.start();
    device.update(2);
    device.reset();
    device.withCut(FIRST_MARK, TORN, () => device.start());
    expect(device.startOf()).toBe("2.0.0+0 on trial");
  });
});

describe("the magic has no checksum (I4)", () => {
  /** An erase that was torn when of each byte 0xd0 one bit more was set: 0xf0, which says swap. */
  function tear(device: Watched): void {
    const { state } = scene.embassy;
    for (let at = 0; at < 8; at++) device.flash.flipBit(state.address + at, 5);
  }

  function withLeftover(kind: Kind): Watched {
    const device = onTrial(kind);
    device.boot.confirm();
    device.update(3);
    device.boot.abandon();
    tear(device);
    device.cut();
    return device;
  }

  test("faithful: an image that was given up is swapped in", () => {
    const device = withLeftover("faithful");
    expect(() => device.start()).toThrow("I4: 3.0.0+0 is on trial, and was not staged");
  });

  test("mended: the record says that nothing is pending", () => {
    const device = withLeftover("mended");
    expect(device.startOf()).toBe("2.0.0+0");
  });
});

describe("nothing keeps an old image out (I7)", () => {
  test("faithful: an image of a lower security counter runs and is confirmed", () => {
    const device = new Watched("faithful");
    device.start();
    device.update(2, { securityCounter: 2 });
    device.reset();
    device.start();
    device.boot.confirm();
    device.update(1, { securityCounter: 1 });
    device.reset();
    expect(device.startOf()).toBe("1.0.0+0 on trial");
    device.boot.confirm();
  });

  test("mended: it is refused at boot", () => {
    const device = new Watched("mended");
    device.start();
    device.update(2, { securityCounter: 2 });
    device.reset();
    device.start();
    device.boot.confirm();
    device.update(1, { securityCounter: 1 });
    device.reset();
    expect(() => device.start()).toThrow("I9: a power cut led to pendingInvalid");
    expect(device.runs()?.version).toBe("2.0.0+0");
  });
});

describe("a page that cannot be erased (I15)", () => {
  function withSickPage(kind: Kind): Watched {
    const device = new Watched(kind);
    device.start();
    device.update(2);
    device.reset();
    const { dfu } = scene.embassy;
    const last = { address: dfu.address + dfu.sizeBytes - 128, sizeBytes: 128 };
    device.flash.failNext("erase", Number.POSITIVE_INFINITY, last);
    return device;
  }

  test("faithful: no boot ends, this one or the next", () => {
    const device = withSickPage("faithful");
    expect(() => device.start()).toThrow(FlashFault);
    device.reset();
    expect(() => device.start()).toThrow(FlashFault);
  });

  test("mended: the image before it runs", () => {
    expect(withSickPage("mended").startOf()).toBe("1.0.0+0");
  });
});

describe("a mark that rots is taken for the end of the progress (I2)", () => {
  /** Four half-steps, of four operations each, are done: two pages have changed places. */
  const LATER = 17;
  const THIRD_MARK = 2 + 2;
  const CUT: Cut = { kind: "notDone" };

  function rotten(kind: Kind): Watched {
    const device = new Watched(kind);
    device.start();
    device.update(2);
    device.reset();
    device.withCut(LATER, CUT, () => device.start());
    const mark = scene.embassy.state.address + THIRD_MARK * 8;
    for (let bit = 0; bit < 8; bit++) device.flash.flipBit(mark, bit);
    return device;
  }

  /** Trials until the image before is back. */
  function giveUp(device: Watched): void {
    for (let trial = 0; trial < ATTEMPTS_MAX; trial++) {
      device.start();
      device.cut();
    }
  }

  test("faithful: of the image before, a page is lost", () => {
    const device = rotten("faithful");
    expect(() => giveUp(device)).toThrow(/^I2: /);
  });

  test("mended: the last mark speaks for those before it", () => {
    const device = rotten("mended");
    giveUp(device);
    device.start();
    expect(device.runs()?.version).toBe("1.0.0+0");
  });
});

describe("either takes a device over from the other", () => {
  /** An embassy-boot on the flash of a device that was ours. */
  function takenOver({ flash }: Watched): string {
    const boot = new FaithfulEmbassyBoot(flash, scene.embassy, scene.verify(flash));
    const decision = boot.boot();
    if (!decision.ok) return "nothing";
    return `${decision.image.version}${decision.trial ? " on trial" : ""}`;
  }

  test("what is staged is swapped in", () => {
    const device = new Watched("mended");
    device.start();
    device.update(2);
    device.flash.onOperation = undefined;
    expect(takenOver(device)).toBe("2.0.0+0 on trial");
  });

  test("what is confirmed stays", () => {
    const device = onTrial("mended");
    device.boot.confirm();
    device.flash.onOperation = undefined;
    expect(takenOver(device)).toBe("2.0.0+0");
  });
});
