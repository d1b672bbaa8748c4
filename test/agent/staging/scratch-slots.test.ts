import { describe, expect, test } from "vitest";
import { eraseSector } from "#agent/staging/flash-access.ts";
import { ScratchSlots } from "#agent/staging/scratch-slots.ts";
import { FlashFault } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";

const SECTOR_BYTES = 64;
const geometry = {
  sizeBytes: 4 * SECTOR_BYTES,
  granuleBytes: 8,
  sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count: 4 }],
};
/** Four places of 16 bytes in each of two sectors; sectors of somebody else around it. */
const REGION = { address: SECTOR_BYTES, sizeBytes: 2 * SECTOR_BYTES };
const PLACES = 8;
const FRAG_BYTES = 13;

const fragment = (n: number) => new Uint8Array(FRAG_BYTES).fill(n);
const slotsOf = (flash: NorFlash) => new ScratchSlots(flash, REGION, FRAG_BYTES);
const placeAt = (place: number) => ({ address: REGION.address + 16 * place, sizeBytes: 16 });

function read(slots: ScratchSlots, order: number): Uint8Array {
  const bytes = new Uint8Array(FRAG_BYTES);
  slots.read(order, bytes);
  return bytes;
}

describe("coded fragments in scratch", () => {
  test("as many as there are places, and not one byte behind them", () => {
    const flash = new NorFlash(geometry);
    const slots = slotsOf(flash);
    for (let n = 0; n < PLACES; n++) expect(slots.write(n, fragment(n))).toBeUndefined();
    expect(() => slots.write(PLACES, fragment(PLACES))).toThrow(FlashFault);
    for (let n = 0; n < PLACES; n++) expect(read(slots, n)).toEqual(fragment(n));
    for (const other of [0, 3 * SECTOR_BYTES]) expect(flash.eraseCount(other)).toBe(0);
  });

  test("a place that refuses is burnt; the record says so, also of the one behind it", () => {
    const flash = new NorFlash(geometry);
    const slots = slotsOf(flash);
    slots.write(0, fragment(0));
    flash.failNext("program", 1, placeAt(1));
    expect(slots.write(1, fragment(1))).toBe(2);
    expect(slots.write(2, fragment(2))).toBeUndefined();
    const restored = slotsOf(flash);
    for (const [n, place] of [undefined, 2, undefined].entries()) restored.restore(place, n);
    expect(restored.write(3, fragment(3))).toBeUndefined();
    for (let n = 0; n < 4; n++) expect(read(restored, n)).toEqual(fragment(n));
  });

  test("a fragment of 0xFF whose record was lost leaves its place as it was", () => {
    const flash = new NorFlash(geometry);
    slotsOf(flash).write(0, fragment(0));
    const life = slotsOf(flash);
    life.restore(undefined, 0);
    // Power fails before anybody writes down that number 1 is there.
    life.write(1, fragment(0xff));
    const next = slotsOf(flash);
    next.restore(undefined, 0);
    expect(next.write(2, fragment(2))).toBeUndefined();
    expect(read(next, 1)).toEqual(fragment(2));
  });
});

describe("erasing", () => {
  test("is tried three times", () => {
    const flash = new NorFlash(geometry);
    flash.failNext("erase", 2);
    eraseSector(flash, 0);
    expect(flash.eraseCount(0)).toBe(3);
    flash.failNext("erase", 3);
    expect(() => eraseSector(flash, 0)).toThrow(FlashFault);
  });
});
