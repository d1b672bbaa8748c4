import type { FlashGeometry } from "#hal/ports.ts";
import type { NorOptions } from "./nor-options.ts";

/** A kind of part: what its data sheet says, as data. */
export interface NorProfile {
  readonly granuleBytes: number;
  readonly sectorBytes: number;
  readonly erasedByte: 0xff | 0x00;
  readonly options: NorOptions;
}

export type NorProfileName = "stm32wl" | "stm32u5" | "stm32l0" | "spiNor";

export const norProfiles: Readonly<Record<NorProfileName, NorProfile>> = {
  /**
   * STM32WL, L4, G4: double words with check bits, which take all zeros once more (RM0351,
   * RM0453), also over a word that a reset has torn: ST's EEPROM emulation mends it so (AN4894).
   * Double word 82 us, page 22 ms, typically (ST's STM32L4 flash training); the maxima are those
   * of the STM32L476 (DS10198). 10 000 cycles.
   */
  stm32wl: {
    granuleBytes: 8,
    sectorBytes: 2048,
    erasedByte: 0xff,
    options: {
      policy: "zero-overwrite",
      ecc: true,
      enduranceErases: 10_000,
      durations: {
        program: { bytes: 8, typUs: 82, maxUs: 91 },
        erase: { typUs: 22_020, maxUs: 24_470 },
      },
    },
  },
  /**
   * STM32U5: quad words with check bits, programmed once. 10 000 cycles on every page (RM0456,
   * 7.3.8; 100 000 on a few). No durations: none that we could cite.
   */
  stm32u5: {
    granuleBytes: 16,
    sectorBytes: 8192,
    erasedByte: 0xff,
    options: { policy: "write-once", ecc: true, enduranceErases: 10_000 },
  },
  /**
   * STM32L0: words, erased to zeros, in pages of 128 bytes (RM0377). A program of a word that is not
   * erased is refused. Its check bits only ever correct one bit: no read faults, so here they
   * count as none. A word, half a page and the erase of a page take 3.28 ms each, 3.94 ms at most;
   * 10 000 cycles (data sheets of the STM32L0).
   */
  stm32l0: {
    granuleBytes: 4,
    sectorBytes: 128,
    erasedByte: 0x00,
    options: {
      policy: "write-once",
      enduranceErases: 10_000,
      durations: {
        program: { bytes: 4, typUs: 3_280, maxUs: 3_940 },
        erase: { typUs: 3_280, maxUs: 3_940 },
      },
    },
  },
  /**
   * Serial NOR such as the W25Q128JV: any byte, any number of times, in pages of 256 bytes. Page
   * 0.7 ms, at most 3; sector 45 ms, at most 400; 100 000 cycles.
   */
  spiNor: {
    granuleBytes: 1,
    sectorBytes: 4096,
    erasedByte: 0xff,
    options: {
      policy: "multiwrite",
      enduranceErases: 100_000,
      durations: {
        program: { bytes: 256, typUs: 700, maxUs: 3_000 },
        erase: { typUs: 45_000, maxUs: 400_000 },
      },
    },
  },
};

/** A part of that kind with `sizeBytes` bytes, rounded up to whole sectors. */
export function profileGeometry(profile: NorProfile, sizeBytes: number): FlashGeometry {
  const { granuleBytes, sectorBytes, erasedByte } = profile;
  const count = Math.ceil(sizeBytes / sectorBytes);
  return {
    sizeBytes: count * sectorBytes,
    granuleBytes,
    sectors: [{ address: 0, sizeBytes: sectorBytes, count }],
    erasedByte,
  };
}
