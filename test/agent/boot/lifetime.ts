import { installFactoryImage } from "#agent/boot/factory.ts";
import { hashPrefixOf } from "#agent/boot/record.ts";
import type { BankIndex, BootDecision, BootStrategy, ImageIdentity } from "#agent/boot/strategy.ts";
import { PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { BootOracles } from "#sim/oracles/boot-oracles.ts";
import { ATTEMPTS_MAX, type Scene } from "./scene.ts";
import { tiny } from "./tiny.ts";

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

interface Images {
  readonly factory: ImageIdentity;
  readonly updates: readonly Uint8Array[];
  readonly identities: readonly ImageIdentity[];
}

const imagesByScene = new Map<Scene, Images>();

function imagesOf(scene: Scene): Images {
  let images = imagesByScene.get(scene);
  if (images === undefined) {
    images = {
      factory: scene.identity(1),
      updates: UPDATES.map(({ major, securityCounter }) => scene.image(major, securityCounter)),
      identities: UPDATES.map(({ major, securityCounter }) =>
        scene.identity(major, securityCounter),
      ),
    };
    imagesByScene.set(scene, images);
  }
  return images;
}

/** Called before each boot, the supply off: rots cells, sets the next cut. */
export type Adversity = (flash: NorFlash, boot: number) => void;

/** A flash as it leaves the factory, image 1 confirmed in bank A. */
export function factoryFlash(granuleBytes: number, scene = tiny): NorFlash {
  const key = drawKey(1, granuleBytes, "flash");
  const flash = new NorFlash(scene.geometry(granuleBytes), { ...scene.norOptions, key });
  installFactoryImage(flash, scene.layout, scene.image(1), imagesOf(scene).factory);
  return flash;
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
  readonly #scene: Scene;
  #lastImage: string;

  constructor(flash: NorFlash, scene = tiny, past?: Lifetime) {
    const { factory } = imagesOf(scene);
    const verify = scene.verify(flash);
    const holds = (bank: BankIndex, { hash }: ImageIdentity) => {
      const verdict = verify(scene.layout.banks[bank], 0);
      return verdict.ok && hashPrefixOf(verdict.image.hash) === hashPrefixOf(hash);
    };
    this.flash = flash;
    this.#scene = scene;
    this.#lastImage = past === undefined ? factory.version : past.#lastImage;
    for (const [id, result] of past?.results ?? []) this.results.set(id, result);
    const swapGuard = scene.swapGuardOn(flash);
    this.oracles =
      past?.oracles.fork(flash, holds) ??
      new BootOracles({
        flash,
        layout: scene.layout,
        attemptsMax: ATTEMPTS_MAX,
        factory,
        holds,
        ...(swapGuard === undefined ? {} : { swapGuard }),
        isGood: (image) => UPDATES.some(({ major, isGood }) => isGood && isVersion(image, major)),
      });
  }

  /** The same life, from here on on its own. Only between two boots: when adversity strikes. */
  fork(): Lifetime {
    return new Lifetime(this.flash.clone(), this.#scene, this);
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
    const { updates, identities } = imagesOf(this.#scene);
    const boot = this.oracles.watch(this.#scene.bootOn(this.flash));
    const decision = boot.boot();
    if (!decision.ok) return false;
    this.#lastImage = decision.image.version;
    if (!this.#finishTrial(boot, decision)) return false;
    this.#tellServer(boot);
    const index = UPDATES.findIndex(({ id }) => !this.results.has(id));
    const update = UPDATES[index];
    const image = updates[index];
    const identity = identities[index];
    if (update === undefined || image === undefined || identity === undefined) return true;
    this.#scene.write(this.flash, boot.openUpdate(update.id), image);
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
    let expected = imagesOf(this.#scene).factory.version;
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
