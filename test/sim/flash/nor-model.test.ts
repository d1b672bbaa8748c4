import fc from "fast-check";
import { expect, test } from "vitest";
import { FlashFault, type FlashGeometry, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import type { RewritePolicy } from "#sim/flash/nor-options.ts";
import { SharedContent } from "#sim/flash/shared-content.ts";
import { FlatFlash } from "./flat-flash.ts";

const SIZE_BYTES = 2048;
const SECTORS = [
  { address: 0, sizeBytes: 256, count: 2 },
  { address: 512, sizeBytes: 512, count: 1 },
  { address: 1024, sizeBytes: 1024, count: 1 },
];
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

/** What the flat bytes can foretell: on a part with check bits, all; there, a torn granule is torn. */
const KNOWN_CUTS = ["notDone", "doneButLost", "halfErase", "marginalErase", "prefix"];

const kind = fc.constantFrom(
  ...(["notDone", "doneButLost", "halfErase", "marginalErase"] as const),
  ...(["randomErase", "unstable", "partialBits", "prefix", "prefix", "prefix"] as const),
);
const cut = fc
  .record({ kind, bytes: fc.nat(300) })
  .map((each): Cut => (each.kind === "prefix" ? each : { kind: each.kind }));
const place = { address: fc.nat(SIZE_BYTES - 1), bit: fc.nat(7) };
/** How the operation fails, if it does. */
const failure = fc.option(fc.record({ cut, isFault: fc.boolean() }), { nil: undefined });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("program" as const),
      address: place.address,
      sizeBytes: fc.nat(300),
      source: fc.constantFrom(...SOURCES),
      failure,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("erase" as const), sector: fc.nat(3), failure }),
  },
  fc.record({ type: fc.constant("flip" as const), ...place }),
  fc.record({ type: fc.constant("stick" as const), ...place, value: fc.constantFrom(0, 1) }),
  fc.record({ type: fc.constant("clone" as const) }),
  fc.record({ type: fc.constant("restore" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Failure = typeof failure extends fc.Arbitrary<infer T> ? T : never;

/** Both flashes, side by side. */
class Pair {
  nor: NorFlash;
  readonly flat: FlatFlash;
  readonly #geometry: FlashGeometry;
  readonly #isAllKnown: boolean;

  constructor(geometry: FlashGeometry, policy: RewritePolicy, ecc: boolean) {
    const references = [
      { address: 0, bytes: image },
      { address: 1024, bytes: image },
      { address: 1024, bytes: otherImage },
    ];
    const content = new SharedContent(references, [CHUNK_REGION], geometry.erasedByte);
    this.nor = new NorFlash(geometry, { policy, ecc, content });
    this.flat = new FlatFlash(geometry, { policy, ecc });
    this.#geometry = geometry;
    this.#isAllKnown = ecc;
  }

  apply(step: Step): void {
    const { nor, flat } = this;
    switch (step.type) {
      case "program":
        this.#program(step);
        break;
      case "erase":
        this.#erase(step);
        break;
      case "flip":
        nor.flipBit(step.address, step.bit);
        flat.flip(step.address, step.bit);
        break;
      case "stick": {
        // Few cells, or else every read is a fault.
        const address = step.address & ~0xff;
        const value = step.value === 1 ? 1 : 0;
        nor.stickBit(address, step.bit, value);
        flat.stick(address, step.bit, value);
        break;
      }
      case "clone":
        this.nor = nor.clone();
        useUp(nor);
        break;
      case "restore": {
        const snapshot = nor.clone();
        useUp(nor);
        nor.restore(snapshot);
        break;
      }
      default:
        step satisfies never;
    }
  }

  compare(): void {
    const pieceBytes = this.#isAllKnown ? 48 : SIZE_BYTES;
    for (let at = 0; at < SIZE_BYTES; at += pieceBytes) {
      this.#compare(at, Math.min(pieceBytes, SIZE_BYTES - at));
    }
    this.#compare(600, 77);
    expect(this.nor.eccCorrected).toBe(this.flat.corrected);
  }

  #compare(address: number, sizeBytes: number): void {
    const target = new Uint8Array(sizeBytes);
    const expected = this.flat.read(address, sizeBytes);
    if (expected === undefined) {
      expect(() => this.nor.read(address, target)).toThrow(FlashFault);
      return;
    }
    this.nor.read(address, target);
    expect(Buffer.compare(target, expected)).toBe(0); // toEqual costs a millisecond
  }

  #program(step: Step & { type: "program" }): void {
    const { granuleBytes } = this.#geometry;
    const address = step.address - (step.address % granuleBytes);
    const wanted = Math.ceil((step.sizeBytes + 1) / granuleBytes) * granuleBytes;
    const sizeBytes = Math.min(wanted, SIZE_BYTES - address);
    const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) =>
      byteOf(step.source, address, index),
    );
    if (!this.flat.accepts(address, bytes)) {
      // RangeError, or a fault where a cut left a granule that only looks erased.
      expect(() => this.nor.program(address, bytes)).toThrow();
      return;
    }
    const cut = this.#run("program", step.failure, () => this.nor.program(address, bytes));
    this.flat.program(address, bytes, cut);
  }

  #erase(step: Step & { type: "erase" }): void {
    const address = this.flat.sectorStarts[step.sector] ?? 0;
    const cut = this.#run("erase", step.failure, () => this.nor.erase(address));
    this.flat.erase(step.sector, cut);
  }

  /** Runs an operation that fails as the step says. Returns what is left of it. */
  #run(operation: "program" | "erase", failure: Failure, run: () => void): Cut | undefined {
    if (failure === undefined) {
      run();
      return undefined;
    }
    const { kind } = failure.cut;
    const isKnown = this.#isAllKnown || KNOWN_CUTS.includes(kind);
    const isFitting = isKnown && !(operation === "program" && kind.endsWith("Erase"));
    const cut: Cut = isFitting ? failure.cut : { kind: "prefix", bytes: 100 };
    if (failure.isFault) this.nor.failNext(operation, 1, undefined, cut);
    else this.nor.cutAt(this.nor.operations, cut);
    expect(run).toThrow(failure.isFault ? FlashFault : PowerLoss);
    expect(this.nor.isPowered).toBe(failure.isFault);
    this.nor.powerOn();
    return cut;
  }
}

/** Anything that a copy must not notice. */
function useUp(nor: NorFlash): void {
  nor.erase(512);
  nor.program(512, new Uint8Array(512).fill(0x3c));
  nor.flipBit(1100, 3);
  nor.stickBit(1101, 3, 0);
  nor.failNext("read", 3);
  nor.cutAt(nor.operations, { kind: "partialBits" });
}

const POLICIES: readonly RewritePolicy[] = ["write-once", "zero-overwrite", "multiwrite"];
const setups = [1, 2, 4, 8, 16, 32].flatMap((granuleBytes) =>
  POLICIES.flatMap((policy) =>
    ([0xff, 0x00] as const).flatMap((erasedByte) =>
      (policy === "multiwrite" ? [false] : [false, true]).map((ecc) => {
        return { granuleBytes, policy, erasedByte, ecc };
      }),
    ),
  ),
);

test.each(setups)(
  "granule $granuleBytes, $policy, erased $erasedByte, ecc $ecc: as flat bytes would behave",
  ({ granuleBytes, policy, erasedByte, ecc }) => {
    const geometry = { sizeBytes: SIZE_BYTES, granuleBytes, sectors: SECTORS, erasedByte };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const pair = new Pair(geometry, policy, ecc);
        for (const each of steps) {
          pair.apply(each);
          pair.compare();
        }
        pair.flat.erases.forEach((count, sector) => {
          expect(pair.nor.eraseCount((pair.flat.sectorStarts[sector] ?? 0) + 9)).toBe(count);
        });
      }),
      { numRuns: 50, seed: 1 },
    );
  },
);
