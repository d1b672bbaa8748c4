import { SECTOR_BYTES } from "#agent/boot/layout.ts";
import { Decoder } from "#agent/fec/decoder.ts";
import { SessionLog } from "#agent/journal/session-log.ts";
import type { FragSession, FragSetup, FragWork } from "#agent/packages/frag-session.ts";
import { placeOf } from "#agent/staging/place.ts";
import { Staging } from "#agent/staging/staging.ts";
import { NorFlash } from "#sim/flash/nor.ts";

/** FRAG_MAX_NB, FRAG_MAX_SIZE and FRAG_MAX_REDUNDANCY of RAK's build (FragDecoder.h). */
const NB_FRAG_MAX = 4000;
const FRAG_SIZE_MAX = 200;
export const REDUNDANCY_MAX = 100;

const GRANULE_BYTES = 8;
/** A coded fragment fills whole granules. */
const CODED_BYTES = 208;
const NO_JOURNAL = { append: () => {} };

export function hasRoomFor({ nbFrag, fragSize }: Pick<FragSetup, "nbFrag" | "fragSize">): boolean {
  return nbFrag <= NB_FRAG_MAX && fragSize <= FRAG_SIZE_MAX;
}

/** Memory for the block of a session; nothing of it survives a reset. */
export function openBlock({ setup }: Pick<FragSession, "setup">): FragWork {
  const { nbFrag, fragSize, fragIndex } = setup;
  const sectors = (sizeBytes: number) => Math.ceil(sizeBytes / SECTOR_BYTES);
  const blockSectors = sectors(nbFrag * fragSize);
  // One more, to rewrite a sector in.
  const scratchSectors = sectors(REDUNDANCY_MAX * CODED_BYTES) + 1;
  const count = blockSectors + scratchSectors;
  const geometry = {
    sizeBytes: count * SECTOR_BYTES,
    granuleBytes: GRANULE_BYTES,
    sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count }],
  };
  const block = { address: 0, sizeBytes: blockSectors * SECTOR_BYTES };
  const scratch = { address: block.sizeBytes, sizeBytes: scratchSectors * SECTOR_BYTES };
  const log = new SessionLog(NO_JOURNAL, fragIndex);
  const place = placeOf(geometry, block, scratch);
  const staging = new Staging(new NorFlash(geometry), place, setup, log);
  const decoder = new Decoder(
    {
      variant: "ts004-v1",
      nbFrag,
      fragSize,
      matrixRowsMax: REDUNDANCY_MAX,
      scratchFragmentsMax: REDUNDANCY_MAX,
    },
    staging,
  );
  return { staging, decoder, log };
}
