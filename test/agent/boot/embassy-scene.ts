import { EmbassyBoot } from "#agent/boot/embassy-boot.ts";
import { type EmbassyLayout, embassyLayoutOf } from "#agent/boot/embassy-layout.ts";
import type { FlashLayout } from "#agent/boot/layout.ts";
import { hashPrefixOf } from "#agent/boot/record.ts";
import type { BootStrategy } from "#agent/boot/strategy.ts";
import type { Flash, FlashGeometry } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import type { NorOptions, RewritePolicy } from "#sim/flash/nor-options.ts";
import { SwapGuard } from "#sim/oracles/swap-guard.ts";
import { UPDATES } from "./lifetime.ts";
import { ATTEMPTS_MAX, Scene, type SceneSizes } from "./scene.ts";

export interface EmbassySceneSizes extends SceneSizes {
  /** STATE of embassy-boot, in sectors of `stateBytes`. */
  readonly stateSectors: number;
}

/** What a cut may cost where images are not swapped. */
const RECORD_OPERATIONS = 15;
/** One done again: an erase, two programs, its mark and a note. */
const HALF_STEP_OPERATIONS = 5;
/** STATE written anew: its sectors, the marks of a whole swap, and these: validity, magic, seal. */
const STATE_WORDS = 3;

/** ACTIVE, DFU one page larger, the two records, STATE; journal and scratch are not used. */
export class EmbassyScene extends Scene {
  override readonly layout: FlashLayout;
  override readonly norOptions: NorOptions;
  override readonly operationsPerCutMax: number;
  readonly embassy: EmbassyLayout;
  readonly #stateSectors: number;
  readonly #geometries = new Map<number, FlashGeometry>();

  constructor(sizes: EmbassySceneSizes, norOptions: NorOptions = {}) {
    super(sizes);
    this.norOptions = norOptions;
    this.#stateSectors = sizes.stateSectors;
    const { bankBytes, sectorBytes, stateBytes } = sizes;
    const dfuBytes = bankBytes + sectorBytes;
    const behind = (sectors: number) => bankBytes + dfuBytes + sectors * stateBytes;
    const record = (index: number) => ({ address: behind(index), sizeBytes: stateBytes });
    const pages = bankBytes / sectorBytes;
    this.operationsPerCutMax =
      RECORD_OPERATIONS + HALF_STEP_OPERATIONS + sizes.stateSectors + 2 * pages + STATE_WORDS;
    this.layout = {
      banks: [
        { address: 0, sizeBytes: bankBytes },
        { address: bankBytes, sizeBytes: dfuBytes },
      ],
      state: [record(0), record(1)],
      swapState: { address: behind(2), sizeBytes: sizes.stateSectors * stateBytes },
      journal: record(2),
      scratch: record(2),
    };
    this.embassy = embassyLayoutOf(this.layout);
  }

  override geometry(granuleBytes: number): FlashGeometry {
    let geometry = this.#geometries.get(granuleBytes);
    if (geometry === undefined) {
      const { bankBytes, sectorBytes, stateBytes } = this.sizes;
      const banksBytes = 2 * bankBytes + sectorBytes;
      const count = 2 + this.#stateSectors;
      geometry = {
        sizeBytes: banksBytes + count * stateBytes,
        granuleBytes,
        sectors: [
          { address: 0, sizeBytes: sectorBytes, count: banksBytes / sectorBytes },
          { address: banksBytes, sizeBytes: stateBytes, count },
        ],
      };
      this.#geometries.set(granuleBytes, geometry);
    }
    return geometry;
  }

  override bootOn(flash: Flash): BootStrategy {
    return new EmbassyBoot(flash, this.embassy, this.verify(flash), {
      attemptsMax: ATTEMPTS_MAX,
      bufferBytes: this.sizes.programBytes,
      rewritesMarks: (this.norOptions.policy ?? "write-once") !== "write-once",
    });
  }

  override swapGuardOn(flash: NorFlash): SwapGuard {
    const majors = [{ major: 1, securityCounter: 1 }, ...UPDATES];
    const images = new Map(
      majors.map(({ major, securityCounter }) => [
        hashPrefixOf(this.identity(major, securityCounter).hash),
        this.image(major, securityCounter),
      ]),
    );
    const { sectorBytes } = this.sizes;
    return new SwapGuard(flash, { banks: this.layout.banks, pageBytes: sectorBytes, images });
  }
}

/** Granules, and rewrite policies as far as they tell marks apart. */
export const EMBASSY_FLASHES = [
  [1, "write-once"],
  [1, "multiwrite"],
  [8, "write-once"],
  [8, "zero-overwrite"],
  [32, "write-once"],
] as const;

const scenes = new Map<string, EmbassyScene>();

/** Four pages; STATE as small as its spare words allow, for a granule, in whole sectors. */
export function tinyEmbassy(granuleBytes: number, policy: RewritePolicy): EmbassyScene {
  const key = `${granuleBytes} ${policy}`;
  let scene = scenes.get(key);
  if (scene === undefined) {
    const sizes = {
      bankBytes: 512,
      sectorBytes: 128,
      stateBytes: 256,
      stateSectors: Math.max(1, granuleBytes / 8),
      imageBytes: 320,
      programBytes: 64,
    };
    scene = new EmbassyScene(sizes, { policy });
    scenes.set(key, scene);
  }
  return scene;
}
