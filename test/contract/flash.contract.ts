import { describe, expect, test } from "vitest";
import type { Flash, FlashGeometry } from "#hal/ports.ts";

const GRANULES = [1, 2, 4, 8, 16, 32] as const;
const ERASED_BYTES = [0xff, 0x00] as const;

/** Two small sectors, then a large one. An erased 0xFF is left unsaid. */
function geometryOf(granuleBytes: number, erasedByte: 0xff | 0x00): FlashGeometry {
  return {
    sizeBytes: 2048,
    granuleBytes,
    sectors: [
      { address: 0, sizeBytes: 512, count: 2 },
      { address: 1024, sizeBytes: 1024, count: 1 },
    ],
    ...(erasedByte === 0xff ? {} : { erasedByte }),
  };
}

const erased = (flash: Flash, sizeBytes: number) =>
  new Uint8Array(sizeBytes).fill(flash.geometry.erasedByte ?? 0xff);

function bytesOf(flash: Flash, address = 0, sizeBytes = flash.geometry.sizeBytes): Uint8Array {
  const target = new Uint8Array(sizeBytes);
  flash.read(address, target);
  return target;
}

const counting = (sizeBytes: number) =>
  Uint8Array.from({ length: sizeBytes }, (_, at) => at & 0xff);

type Fresh = () => Flash;

/** What the agent relies on, for every backend of the flash port. `make` returns an erased flash. */
export function flashContract(name: string, make: (geometry: FlashGeometry) => Flash): void {
  const geometries = GRANULES.flatMap((granuleBytes) =>
    ERASED_BYTES.map((erasedByte) => ({ granuleBytes, erasedByte })),
  );
  const title = `${name}, granule $granuleBytes, erased $erasedByte`;
  describe.each(geometries)(title, ({ granuleBytes, erasedByte }) => {
    const fresh = () => make(geometryOf(granuleBytes, erasedByte));
    testReading(fresh);
    testErasing(fresh);
    testRules(fresh, granuleBytes);
  });
}

function testReading(fresh: Fresh): void {
  test("a new flash reads erased, whole and in parts", () => {
    const flash = fresh();
    expect(bytesOf(flash)).toEqual(erased(flash, 2048));
    expect(bytesOf(flash, 511, 3)).toEqual(erased(flash, 3));
    expect(bytesOf(flash, 2048, 0)).toEqual(new Uint8Array(0));
  });

  test("what was programmed reads back, at any alignment, across sectors", () => {
    const flash = fresh();
    flash.program(480, counting(64));
    const expected = erased(flash, 2048);
    expected.set(counting(64), 480);
    expect(bytesOf(flash)).toEqual(expected);
    for (const [address, sizeBytes] of [
      [479, 3],
      [500, 30],
      [543, 2],
    ] as const) {
      expect(bytesOf(flash, address, sizeBytes)).toEqual(
        expected.slice(address, address + sizeBytes),
      );
    }
  });

  test("the source may be reused and may be a view at an odd offset", () => {
    const flash = fresh();
    const frame = counting(100);
    flash.program(64, frame.subarray(3, 35));
    frame.fill(0);
    expect(bytesOf(flash, 64, 32)).toEqual(counting(100).slice(3, 35));
  });
}

function testErasing(fresh: Fresh): void {
  test("an erase clears its sector and no other", () => {
    const flash = fresh();
    flash.program(0, new Uint8Array(2048).fill(0x5a));
    flash.erase(512);
    const expected = new Uint8Array(2048).fill(0x5a);
    expected.set(erased(flash, 512), 512);
    expect(bytesOf(flash)).toEqual(expected);
    flash.erase(1024);
    expected.set(erased(flash, 1024), 1024);
    expect(bytesOf(flash)).toEqual(expected);
    flash.program(512, counting(512));
    expect(bytesOf(flash, 512, 512)).toEqual(counting(512));
  });
}

function testRules(fresh: Fresh, granuleBytes: number): void {
  test("a granule is programmed once between erases", () => {
    const flash = fresh();
    flash.program(64, counting(32));
    expect(() => flash.program(64, counting(32))).toThrow(RangeError);
    expect(() => flash.program(32, counting(64))).toThrow(RangeError);
    expect(() => flash.program(64 + 32 - granuleBytes, counting(granuleBytes))).toThrow(RangeError);
    expect(bytesOf(flash, 32, 32)).toEqual(erased(flash, 32));
    expect(bytesOf(flash, 64, 32)).toEqual(counting(32));
    flash.program(96, counting(32));
    flash.erase(0);
    flash.program(64, counting(32));
  });

  test("misuse changes nothing", () => {
    const flash = fresh();
    const misuses: (() => void)[] = [
      () => flash.program(2048, new Uint8Array(32)),
      () => flash.program(2048 - 32, new Uint8Array(64)),
      () => flash.program(-32, new Uint8Array(32)),
      () => flash.read(2047, new Uint8Array(2)),
      () => flash.read(-1, new Uint8Array(1)),
      () => flash.erase(256),
      () => flash.erase(1536),
      () => flash.erase(2048),
      () => flash.erase(-512),
    ];
    if (granuleBytes > 1) {
      misuses.push(
        () => flash.program(1, new Uint8Array(granuleBytes)),
        () => flash.program(0, new Uint8Array(granuleBytes + 1)),
        () => flash.program(granuleBytes, new Uint8Array(granuleBytes - 1)),
      );
    }
    for (const misuse of misuses) expect(misuse).toThrow(RangeError);
    expect(bytesOf(flash)).toEqual(erased(flash, 2048));
  });
}
