import { describe, expect, test } from "vitest";
import { FlashFault, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";
import { filled, readBytes, smallGeometry } from "./flash-bench.ts";

const zeroGeometry = { ...smallGeometry, erasedByte: 0x00 } as const;

describe.each([
  { name: "0xff", geometry: smallGeometry, erased: 0xff },
  { name: "0x00", geometry: zeroGeometry, erased: 0x00 },
])("a part that erases to $name", ({ geometry, erased }) => {
  const inverse = erased ^ 0xff;

  test("an erased byte programmed over nothing burns its granule, blank as it looks", () => {
    for (const policy of ["write-once", "zero-overwrite"] as const) {
      const flash = new NorFlash(geometry, { policy });
      flash.program(0, filled(16, erased));
      expect(readBytes(flash, 0, 16)).toEqual(filled(16, erased));
      expect(() => flash.program(8, filled(8, 0x5a))).toThrow(RangeError);
      expect(() => flash.program(8, filled(8, erased))).toThrow(RangeError);
      flash.erase(0);
      flash.program(8, filled(8, 0x5a));
    }
  });

  test("write-once refuses even the inverse of the erased value", () => {
    const flash = new NorFlash(geometry);
    flash.program(0, filled(8, 0x5a));
    expect(() => flash.program(0, filled(8, inverse))).toThrow(RangeError);
    expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0x5a));
  });

  test("zero-overwrite takes the inverse in every bit of a granule, again and again, and no less", () => {
    const flash = new NorFlash(geometry, { policy: "zero-overwrite" });
    flash.program(0, filled(24, 0x5a));
    const almost = filled(8, inverse).fill(inverse ^ 1, 7);
    expect(() => flash.program(0, almost)).toThrow(RangeError);
    expect(() => flash.program(0, filled(8, erased))).toThrow(RangeError);
    // One refused granule refuses the whole program.
    const mixed = Uint8Array.of(...filled(8, inverse), ...almost);
    expect(() => flash.program(0, mixed)).toThrow(RangeError);
    expect(readBytes(flash, 0, 24)).toEqual(filled(24, 0x5a));
    for (let time = 0; time < 3; time++) flash.program(8, filled(8, inverse));
    expect(readBytes(flash, 8, 8)).toEqual(filled(8, inverse));
    // Erased granules of the same span take anything.
    flash.program(16, Uint8Array.of(...filled(8, inverse), ...filled(8, 0x5a)));
    expect(readBytes(flash, 24, 8)).toEqual(filled(8, 0x5a));
  });

  test("zero-overwrite also over a granule that a lost program has burnt", () => {
    const flash = new NorFlash(geometry, { policy: "zero-overwrite" });
    flash.failNext("program", 1, undefined, "done");
    expect(() => flash.program(0, filled(8, erased))).toThrow(FlashFault);
    expect(() => flash.program(0, filled(8, 0x5a))).toThrow(FlashFault);
    flash.program(0, filled(8, inverse));
    expect(readBytes(flash, 0, 8)).toEqual(filled(8, inverse));
  });

  test("multiwrite moves bits away from the erased value and never back", () => {
    const flash = new NorFlash(geometry, { policy: "multiwrite" });
    flash.program(0, filled(8, 0x0f));
    flash.program(0, filled(8, 0x3c));
    const both = erased === 0xff ? 0x0f & 0x3c : 0x0f | 0x3c;
    expect(readBytes(flash, 0, 8)).toEqual(filled(8, both));
    flash.program(0, filled(8, erased));
    expect(readBytes(flash, 0, 8)).toEqual(filled(8, both));
  });

  test.each<Cut>([{ kind: "unstable" }, { kind: "partialBits" }])(
    "$kind wavers between erased and programmed only",
    (cut) => {
      const flash = new NorFlash(geometry);
      flash.cutAt(0, cut);
      expect(() => flash.program(0, filled(256, 0x5a))).toThrow(PowerLoss);
      flash.powerOn();
      const seen = readBytes(flash, 0, 256);
      expect(seen).not.toEqual(filled(256, erased));
      expect(seen).not.toEqual(filled(256, 0x5a));
      for (const byte of seen) expect((byte ^ erased) & ~(0x5a ^ erased)).toBe(0);
    },
  );

  test("torn erases: half, blank but weak, anything", () => {
    const flash = new NorFlash(geometry);
    const tear = (kind: "halfErase" | "marginalErase" | "randomErase") => {
      flash.program(0, filled(256, 0x5a));
      flash.failNext("erase", 1, undefined, { kind });
      expect(() => flash.erase(0)).toThrow(FlashFault);
      const bytes = readBytes(flash, 0, 256);
      flash.erase(0);
      return bytes;
    };
    expect(tear("halfErase")).toEqual(Uint8Array.of(...filled(128, erased), ...filled(128, 0x5a)));
    expect(tear("marginalErase")).toEqual(filled(256, erased));
    expect(new Set(tear("randomErase")).size).toBeGreaterThan(50);
  });

  test("a stuck bit reads what it is stuck at, a flipped bit is inverted", () => {
    const flash = new NorFlash(geometry);
    flash.stickBit(0, 0, 0);
    flash.stickBit(1, 0, 1);
    flash.flipBit(2, 7);
    const first = [erased & 0xfe, erased | 1, erased ^ 0x80];
    expect([...readBytes(flash, 0, 3)]).toEqual(first);
    flash.program(0, filled(8, inverse));
    expect([...readBytes(flash, 0, 3)]).toEqual([inverse & 0xfe, inverse | 1, inverse]);
  });
});

test("the caller's bytes are left as they are", () => {
  const flash = new NorFlash(zeroGeometry);
  for (const source of [filled(8, 0x5a), Buffer.alloc(8, 0x5a)]) {
    flash.program(0, source);
    expect([...source]).toEqual([...filled(8, 0x5a)]);
    flash.erase(0);
    flash.failNext("program", 1, undefined, { kind: "partialBits" });
    expect(() => flash.program(0, source)).toThrow(FlashFault);
    expect([...source]).toEqual([...filled(8, 0x5a)]);
    flash.erase(0);
  }
});

test("devices that erase to zeros share what they have in common", () => {
  const noise = (seed: number) =>
    Uint8Array.from({ length: 100 }, (_, at) => Math.imul(at + seed, 0x9e37_79b1) >>> 24);
  const image = noise(1);
  const region = { address: 256, sizeBytes: 256 };
  const content = new SharedContent([{ address: 0, bytes: image }], [region], 0x00);
  const flashes = Array.from({ length: 3 }, () => new NorFlash(zeroGeometry, { content }));
  const empty = new NorFlash(zeroGeometry, { content }).memoryBytes;
  const chunk = noise(2).slice(0, 64);
  for (const flash of flashes) {
    const whole = filled(104, 0x00);
    whole.set(image);
    flash.program(0, whole.slice(0, 48));
    flash.program(48, whole.slice(48));
    flash.program(256, chunk);
    expect(readBytes(flash, 0, 112)).toEqual(Uint8Array.of(...whole, ...filled(8, 0x00)));
    expect(readBytes(flash, 256, 64)).toEqual(chunk);
    expect(flash.memoryBytes).toBe(empty);
  }
});

test("content of flashes with another erased value is refused", () => {
  const content = new SharedContent([{ address: 0, bytes: filled(8, 1) }]);
  expect(() => new NorFlash(zeroGeometry, { content })).toThrow(RangeError);
  const inverted = new SharedContent([], [], 0x00);
  expect(() => new NorFlash(smallGeometry, { content: inverted })).toThrow(RangeError);
});
