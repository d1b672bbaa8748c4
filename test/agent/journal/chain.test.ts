import { expect, test } from "vitest";
import { findLog } from "#agent/journal/chain.ts";
import { COMMIT_KIND, encodeHeader, encodeRecord, headerBytes } from "#agent/journal/format.ts";
import { type Flash, FlashFault } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";

/** Logs laid out by hand: two sectors of 128 bytes, records of 8. */
const SECTORS = [0, 128];
const geometry = {
  sizeBytes: 256,
  granuleBytes: 8,
  sectors: [{ address: 0, sizeBytes: 128, count: 2 }],
};
const FIRST = headerBytes(8);

function newFlash(): NorFlash {
  return new NorFlash(geometry);
}

function record(flash: Flash, address: number, kind: number, a: number): void {
  const bytes = new Uint8Array(8);
  encodeRecord(bytes, 8, kind, a, 0, new Uint8Array(0), 0);
  flash.program(address, bytes);
}

/** A snapshot of `count` records in the first sector, committed in the second. */
function snapshotOver(flash: Flash, count: number, committed: number): void {
  flash.program(0, encodeHeader({ sequence: 1, previous: 0, previousEnd: 0 }, 8));
  for (let each = 0; each < count; each++) record(flash, FIRST + 8 * each, 1, each);
  const previousEnd = FIRST + 8 * count;
  flash.program(128, encodeHeader({ sequence: 2, previous: 1, previousEnd }, 8));
  record(flash, 128 + FIRST, COMMIT_KIND, committed);
}

const kindsIn = (flash: Flash) => findLog(flash, SECTORS).chain?.records.map(({ kind }) => kind);

test("a snapshot counts when it says how many records it has", () => {
  const flash = newFlash();
  snapshotOver(flash, 3, 3);
  expect(kindsIn(flash)).toEqual([1, 1, 1, COMMIT_KIND]);
});

test("a snapshot with a record too few or too many is none", () => {
  for (const committed of [0, 2, 4]) {
    const flash = newFlash();
    snapshotOver(flash, 3, committed);
    expect(kindsIn(flash)).toBeUndefined();
  }
});

test("nor one that has a rotten record, which hides those behind it", () => {
  for (let each = 0; each < 3; each++) {
    const flash = newFlash();
    snapshotOver(flash, 3, 3);
    flash.flipBit(FIRST + 8 * each + 2, 0);
    expect(kindsIn(flash)).toBeUndefined();
  }
});

test("nor one that was never committed", () => {
  const flash = newFlash();
  flash.program(0, encodeHeader({ sequence: 1, previous: 0, previousEnd: 0 }, 8));
  record(flash, FIRST, 1, 0);
  expect(kindsIn(flash)).toBeUndefined();
});

test("the last record has to read the same three times", () => {
  const flash = newFlash();
  snapshotOver(flash, 3, 3);
  record(flash, 128 + FIRST + 8, 2, 7);
  expect(kindsIn(flash)).toEqual([1, 1, 1, COMMIT_KIND, 2]);
  for (const misread of [1, 2]) {
    for (const isFault of [false, true]) {
      let looks = 0;
      const marginal: Flash = {
        geometry,
        program: (address, source) => flash.program(address, source),
        erase: (address) => flash.erase(address),
        read: (address, target) => {
          flash.read(address, target);
          if (address !== 128 + FIRST + 8 || looks++ !== misread - 1) return;
          if (isFault) throw new FlashFault("read", address);
          target[2] = (target[2] ?? 0) ^ 1;
        },
      };
      const { chain } = findLog(marginal, SECTORS);
      expect(chain?.records.map(({ kind }) => kind)).toEqual([1, 1, 1, COMMIT_KIND]);
      expect(chain?.isTorn).toBe(true);
    }
  }
});
