import { type FlashLayout, SECTOR_BYTES } from "#agent/boot/layout.ts";
import { hashPrefixOf } from "#agent/boot/record.ts";
import type { BootStrategy, ImageIdentity } from "#agent/boot/strategy.ts";
import type { DeviceStatus } from "#agent/status.ts";
import type { NorFlash } from "../flash/nor.ts";
import { BootOracles } from "./boot-oracles.ts";
import { holdsKnown, type KnownImage } from "./known-images.ts";
import { requireRemembered } from "./memory.ts";
import { SwapGuard } from "./swap-guard.ts";
import { requireTrueStatus } from "./truth.ts";
import { requireWearBound } from "./wear.ts";

export interface DeviceOracleSetup {
  readonly flash: NorFlash;
  readonly layout: FlashLayout;
  readonly attemptsMax: number;
  readonly factory: ImageIdentity;
  /** All that may ever run. */
  readonly images: readonly KnownImage[];
}

/** A patch takes a bank twice: it comes, and is replaced by what it makes. */
const BANK_ERASES_PER_UPDATE = 4;
/** Swapped in, and back out. */
const ERASES_PER_SWAP = 2;
const STATE_ERASES_PER_UPDATE = 2;

/**
 * The rules I1 to I14 for a device of a run: watched at each call of its boot strategy, each flash
 * operation and each start of a life. I1 is the verdict `bricked` of a run, no breach. I8 is silent,
 * because on a lossy air a good image may fail to reach its server; I10 and I15 need faults that a
 * run does not have.
 */
export class DeviceOracles {
  readonly #setup: DeviceOracleSetup;
  readonly #boot: BootOracles;
  #updates = 0;
  #resets = 0;
  #lastStatus: DeviceStatus | undefined;

  constructor(setup: DeviceOracleSetup) {
    const { flash, layout, images } = setup;
    this.#setup = setup;
    this.#boot = new BootOracles({
      ...setup,
      holds: (bank, { hash }) => holdsKnown(flash, layout.banks[bank], images, hash),
      ...(layout.swapState === undefined ? {} : { swapGuard: swapGuardOf(setup) }),
      isGood: () => false,
      mayBrick: true,
    });
  }

  watch(boot: BootStrategy): BootStrategy {
    const watched = this.#boot.watch(boot);
    return {
      ...watched,
      openUpdate: (updateId) => {
        this.#updates += 1;
        return watched.openUpdate(updateId);
      },
    };
  }

  /** `status`: at its end, unless that came in the middle of a step. */
  lifeEnded(status: DeviceStatus | undefined): void {
    this.#resets += 1;
    this.#lastStatus = status;
    this.#boot.cut();
  }

  /** The device is restored and has been told nothing but to boot; undefined: it did not survive that. */
  lifeBegan(status: DeviceStatus | undefined, running: ImageIdentity): void {
    if (status === undefined) return;
    requireTrueStatus(status, running);
    if (this.#lastStatus !== undefined) requireRemembered(this.#lastStatus, status);
    this.#lastStatus = undefined;
    this.requireWear();
  }

  requireWear(): void {
    const { flash, layout } = this.#setup;
    const extra = this.#resets;
    const swaps = layout.swapState === undefined ? 0 : ERASES_PER_SWAP;
    requireWearBound(flash, layout, {
      bankErases: (BANK_ERASES_PER_UPDATE + swaps) * this.#updates + extra,
      stateErases: STATE_ERASES_PER_UPDATE * this.#updates + extra,
    });
  }
}

function swapGuardOf({ flash, layout, images }: DeviceOracleSetup): SwapGuard {
  const byPrefix = new Map(images.map(({ hash, bytes }) => [hashPrefixOf(hash), bytes]));
  return new SwapGuard(flash, { banks: layout.banks, pageBytes: SECTOR_BYTES, images: byPrefix });
}
