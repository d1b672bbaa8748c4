import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import type { BootDecision, BootStrategy } from "#agent/boot/strategy.ts";
import { PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { BootOracles } from "./oracles.ts";
import {
  tinyGeometry,
  tinyIdentity,
  tinyImage,
  tinyLayout,
  verifyTiny,
  writeTiny,
} from "./tiny.ts";

export const ATTEMPTS_MAX = 3;
const BOOTS_MAX = 200;

interface Update {
  readonly id: number;
  readonly major: number;
  readonly securityCounter: number;
  readonly isGood: boolean;
}

/** Version 2 never confirms; 3 and 4 do, and 4 raises the security counter. */
export const UPDATES: readonly Update[] = [
  { id: 1, major: 2, securityCounter: 1, isGood: false },
  { id: 2, major: 3, securityCounter: 1, isGood: true },
  { id: 3, major: 4, securityCounter: 2, isGood: true },
];
const IMAGES = UPDATES.map(({ major, securityCounter }) => tinyImage(major, securityCounter));
const IDENTITIES = UPDATES.map(({ major, securityCounter }) =>
  tinyIdentity(major, securityCounter),
);
const FACTORY = tinyIdentity(1);

/** Called before each boot, the supply off: rots cells, sets the next cut. */
export type Adversity = (flash: NorFlash, boot: number) => void;

export type BootMaker = (flash: NorFlash) => BootStrategy;

export const bankBoot: BootMaker = (flash) =>
  new BankBoot(flash, tinyLayout, verifyTiny(flash), { attemptsMax: ATTEMPTS_MAX });

const factoryFlashes = new Map<number, NorFlash>();

/** A flash as it leaves the factory, image 1 confirmed in bank A. */
export function factoryFlash(granuleBytes: number): NorFlash {
  let flash = factoryFlashes.get(granuleBytes);
  if (flash === undefined) {
    flash = new NorFlash(tinyGeometry(granuleBytes), { key: drawKey(1, granuleBytes, "flash") });
    installFactoryImage(flash, tinyLayout, tinyImage(1), FACTORY);
    factoryFlashes.set(granuleBytes, flash);
  }
  return flash.clone();
}

/**
 * A device from its first boot until the server knows what became of every update, the oracles
 * watching. What the server was told survives; all else but flash is lost at each reset.
 */
export class Lifetime {
  readonly flash: NorFlash;
  readonly oracles: BootOracles;
  /** By update id. */
  readonly results = new Map<number, "updated" | "failed">();
  readonly #makeBoot: BootMaker;
  #lastImage = FACTORY.version;

  constructor(flash: NorFlash, makeBoot: BootMaker = bankBoot) {
    this.flash = flash;
    this.#makeBoot = makeBoot;
    this.oracles = new BootOracles({
      flash,
      layout: tinyLayout,
      attemptsMax: ATTEMPTS_MAX,
      factory: FACTORY,
      verify: verifyTiny(flash),
      isGood: (image) => UPDATES.some(({ major, isGood }) => isGood && isVersion(image, major)),
    });
  }

  /** Throws what the oracles say. */
  run(adversity: Adversity = () => {}): void {
    while (this.oracles.boots < BOOTS_MAX) {
      adversity(this.flash, this.oracles.boots);
      this.flash.powerOn();
      try {
        if (this.#life()) {
          this.#requireOutcome();
          return;
        }
      } catch (error) {
        if (!(error instanceof PowerLoss)) throw error;
        this.oracles.cut();
      }
    }
    throw new RangeError(`I10: still busy after ${BOOTS_MAX} boots`);
  }

  /** From one reset to the next; true when there is nothing left to do. */
  #life(): boolean {
    const boot = this.oracles.watch(this.#makeBoot(this.flash));
    const decision = boot.boot();
    if (!decision.ok) return false;
    this.#lastImage = decision.image.version;
    if (!this.#finishTrial(boot, decision)) return false;
    this.#tellServer(boot);
    const index = UPDATES.findIndex(({ id }) => !this.results.has(id));
    const update = UPDATES[index];
    const image = IMAGES[index];
    const identity = IDENTITIES[index];
    if (update === undefined || image === undefined || identity === undefined) return true;
    writeTiny(this.flash, boot.openUpdate(update.id), image);
    boot.stage(identity);
    return false;
  }

  /** False when the running image is a bad one: it does nothing until the watchdog bites. */
  #finishTrial(boot: BootStrategy, decision: BootDecision & { readonly ok: true }): boolean {
    if (!decision.trial) return true;
    const update = UPDATES.find(({ major }) => isVersion(decision.image, major));
    if (update?.isGood !== true) return false;
    boot.confirm();
    return true;
  }

  #tellServer(boot: BootStrategy): void {
    const { updateId, lastReason } = boot.report();
    if (updateId === 0 || this.results.has(updateId)) return;
    if (lastReason === "confirmed") this.results.set(updateId, "updated");
    if (lastReason === "attemptsExhausted") this.results.set(updateId, "failed");
  }

  #requireOutcome(): void {
    let expected = FACTORY.version;
    for (const { id, major, isGood } of UPDATES) {
      const result = this.results.get(id);
      const mayFail = !isGood || this.oracles.cuts >= ATTEMPTS_MAX;
      if (result === "failed" && !mayFail) throw new RangeError(`I8: update ${id} failed`);
      if (result === "updated" && !isGood) throw new RangeError(`I11: update ${id} cannot succeed`);
      if (result === "updated") expected = `${major}.0.0+0`;
    }
    if (this.#lastImage !== expected) {
      throw new RangeError(`I11: the server believes in ${expected}, ${this.#lastImage} runs`);
    }
  }
}

function isVersion(image: { readonly version: string }, major: number): boolean {
  return image.version === `${major}.0.0+0`;
}
