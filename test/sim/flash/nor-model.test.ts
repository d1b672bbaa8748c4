import fc from "fast-check";
import { expect, test } from "vitest";
import { PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import type { RewritePolicy } from "#sim/flash/nor-options.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";
import { FlatFlash } from "./flat-flash.ts";

const SIZE_BYTES = 2048;
const SECTOR_BYTES = 512;
const CHUNK_REGION = { address: 512, sizeBytes: 1024 };

const image = Uint8Array.from({ length: 500 }, (_, at) => (at * 37 + (at >> 3)) & 0xff);
const otherImage = Uint8Array.from({ length: 700 }, (_, at) => (at * 11 + 5) & 0xff);

/** Where programmed bytes come from: some the pool knows, some it will learn, some it cannot share. */
const SOURCES = ["image", "otherImage", "ones", "zeros", "chunk", "noise"] as const;

function byteOf(source: (typeof SOURCES)[number], address: number, index: number): number {
  switch (source) {
    case "image":
      return image[(address % 1024) + index] ?? 0xff;
    case "otherImage":
      return otherImage[(address % 1024) + index] ?? 0xff;
    case "ones":
      return 0xff;
    case "zeros":
      return 0;
    case "chunk":
      return index & 0xff;
    case "noise":
      return (Math.imul(address + 1, 2_654_435_761) >>> (index % 24)) & 0xff;
    default:
      return source satisfies never;
  }
}

const program = { address: fc.nat(SIZE_BYTES - 1), sizeBytes: fc.nat(300) };
const source = fc.constantFrom(...SOURCES);
const step = fc.oneof(
  fc.record({ type: fc.constant("program" as const), ...program, source }),
  fc.record({ type: fc.constant("program" as const), ...program, source }),
  fc.record({ type: fc.constant("cutProgram" as const), ...program, source, reached: fc.nat(300) }),
  fc.record({ type: fc.constant("erase" as const), sector: fc.nat(3) }),
  fc.record({ type: fc.constant("cutErase" as const), sector: fc.nat(3), reached: fc.nat(512) }),
  fc.record({ type: fc.constant("flip" as const), address: program.address, bit: fc.nat(7) }),
  fc.record({ type: fc.constant("clone" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function apply(nor: NorFlash, flat: FlatFlash, step: Step): NorFlash {
  const { granuleBytes } = nor.geometry;
  switch (step.type) {
    case "program":
    case "cutProgram": {
      const address = step.address - (step.address % granuleBytes);
      const room = SIZE_BYTES - address;
      const sizeBytes = Math.min(
        Math.ceil((step.sizeBytes + 1) / granuleBytes) * granuleBytes,
        room,
      );
      const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) =>
        byteOf(step.source, address, index),
      );
      if (!flat.accepts(address, bytes)) {
        // RangeError, or a fault where a cut left a granule that only looks erased.
        expect(() => nor.program(address, bytes)).toThrow();
      } else if (step.type === "program") {
        nor.program(address, bytes);
        flat.program(address, bytes);
      } else {
        nor.cutAt(nor.operations, { kind: "prefix", bytes: step.reached });
        expect(() => nor.program(address, bytes)).toThrow(PowerLoss);
        flat.program(address, bytes.subarray(0, step.reached));
      }
      break;
    }
    case "erase":
      nor.erase(step.sector * SECTOR_BYTES);
      flat.erase(step.sector * SECTOR_BYTES);
      break;
    case "cutErase":
      nor.cutAt(nor.operations, { kind: "prefix", bytes: step.reached });
      expect(() => nor.erase(step.sector * SECTOR_BYTES)).toThrow(PowerLoss);
      flat.erase(step.sector * SECTOR_BYTES, step.reached);
      break;
    case "flip":
      nor.flipBit(step.address, step.bit);
      flat.flip(step.address, step.bit);
      break;
    case "clone": {
      const copy = nor.clone();
      nor.erase(512);
      nor.program(512, new Uint8Array(512));
      return copy;
    }
    default:
      return step satisfies never;
  }
  nor.powerOn();
  return nor;
}

const POLICIES: readonly RewritePolicy[] = ["write-once", "zero-overwrite", "multiwrite"];

test.each(
  [1, 4, 8, 32].flatMap((granuleBytes) => POLICIES.map((policy) => ({ granuleBytes, policy }))),
)("granule $granuleBytes, $policy: all forms of storage behave as flat bytes do", (setup) => {
  const { granuleBytes, policy } = setup;
  const geometry = {
    sizeBytes: SIZE_BYTES,
    granuleBytes,
    sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count: 4 }],
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const references = [
        { address: 0, bytes: image },
        { address: 1024, bytes: image },
        { address: 1024, bytes: otherImage },
      ];
      const content = new SharedContent(references, [CHUNK_REGION]);
      let nor = new NorFlash(geometry, { policy, content });
      const flat = new FlatFlash(SIZE_BYTES, SECTOR_BYTES, granuleBytes, policy);
      const whole = new Uint8Array(SIZE_BYTES);
      const part = new Uint8Array(77);
      for (const each of steps) {
        nor = apply(nor, flat, each);
        nor.read(0, whole);
        expect(Buffer.compare(whole, flat.bytes)).toBe(0); // toEqual costs a millisecond
        nor.read(600, part);
        expect(Buffer.compare(part, flat.bytes.subarray(600, 677))).toBe(0);
      }
      for (let sector = 0; sector < 4; sector++) {
        expect(nor.eraseCount(sector * SECTOR_BYTES + 9)).toBe(flat.erases[sector]);
      }
    }),
    { numRuns: 150, seed: 1 },
  );
});
