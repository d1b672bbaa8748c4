import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Decoder, type DecoderConfig } from "#agent/fec/decoder.ts";
import { type ParityVariant, parityVariants } from "#agent/fec/rows.ts";
import { SimpleDecoder } from "#tools/bench/simple-decoder.ts";
import { Bench, upTo } from "./decoder-bench.ts";
import { MemoryStore } from "./memory-store.ts";

describe("the worked example of TS004, M = 10, fragments 3 and 7 lost", () => {
  test("each fragment is answered by what it did", () => {
    const bench = new Bench(10, 10);
    expect(bench.acceptAll(1, 2, 4, 5, 6, 8, 9, 10)).toEqual(new Array(8).fill("stored"));
    expect(bench.decoder.missing).toBe(2);
    expect(bench.acceptAll(11, 12)).toEqual(["coded", "dependent"]);
    expect(bench.decoder.missing).toBe(1);
    expect(bench.accept(13)).toBe("complete");
    expect(bench.decoder.missing).toBe(0);
    expect(bench.store.block).toEqual(bench.block);
    expect(bench.store.coded.map(({ n }) => n)).toEqual([11, 13]);
  });

  test("after completion nothing is written any more", () => {
    const bench = new Bench(10, 10);
    bench.acceptAll(1, 2, 4, 5, 6, 8, 9, 10, 11, 13);
    expect(bench.acceptAll(3, 1, 14, 11)).toEqual(new Array(4).fill("ignored"));
    expect(bench.store.coded.length).toBe(2);
  });
});

/** Any subset of 1..M+R in any order, with repeats. */
const session = fc
  .record({
    variant: fc.constantFrom<ParityVariant[]>(...parityVariants),
    nbFrag: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 80 })),
    fragSize: fc.integer({ min: 1, max: 40 }),
  })
  .chain(({ variant, nbFrag, fragSize }) =>
    fc.record({
      variant: fc.constant(variant),
      nbFrag: fc.constant(nbFrag),
      fragSize: fc.constant(fragSize),
      received: fc.array(fc.integer({ min: 1, max: 2 * nbFrag + 8 }), {
        minLength: nbFrag,
        maxLength: 4 * nbFrag + 20,
      }),
    }),
  );

describe("any fragments in any order", () => {
  test("completes where a textbook elimination does, with the same bytes", () => {
    fc.assert(
      fc.property(session, ({ variant, nbFrag, fragSize, received }) => {
        const bench = new Bench(nbFrag, fragSize, { variant });
        const oracle = new SimpleDecoder(variant, nbFrag, fragSize);
        for (const n of received) {
          const data = bench.encoder.fragment(n);
          const isFull = oracle.accept(n, data);
          const result = bench.decoder.accept(n, data);
          expect(bench.decoder.missing).toBe(oracle.missing);
          expect(result === "complete").toBe(isFull);
          if (!isFull) continue;
          expect(bench.store.block).toEqual(bench.block);
          expect(oracle.solve()).toEqual(bench.block);
          break;
        }
        expect(bench.decoder.inconsistent).toBe(false);
        expect(bench.decoder.memoryError).toBe(false);
      }),
      { seed: 1, numRuns: 600 },
    );
  });

  test("survives a reboot after every fragment", () => {
    fc.assert(
      fc.property(
        session,
        fc.boolean(),
        ({ variant, nbFrag, fragSize, received }, isCodedFirst) => {
          const whole = new Bench(nbFrag, fragSize, { variant });
          const bench = new Bench(nbFrag, fragSize, { variant });
          for (const n of received) {
            const complete = whole.accept(n) === "complete";
            bench.accept(n);
            if (bench.decoder.complete) {
              expect(complete).toBe(true);
              break;
            }
            expect(bench.reboot(isCodedFirst ? "coded first" : "stored first")).toBe(false);
            expect(bench.decoder.missing).toBe(whole.decoder.missing);
          }
          expect(bench.decoder.complete).toBe(whole.decoder.complete);
          expect([...bench.store.written].sort()).toEqual([...whole.store.written].sort());
        },
      ),
      { seed: 2, numRuns: 150 },
    );
  });
});

class Cut extends Error {}

test("power lost at any write of the final solve: the next life finishes it", () => {
  const lost = [2, 5, 6, 11, 17];
  const received = [
    ...upTo(20).filter((n) => !lost.includes(n)),
    ...[...upTo(20)].map((k) => 20 + k),
  ];
  for (let cut = 0; cut <= lost.length; cut++) {
    const bench = new Bench(20, 7);
    const write = bench.store.writeFragment.bind(bench.store);
    let solved = 0;
    bench.store.writeFragment = (index, data) => {
      if (lost.includes(index + 1) && solved++ === cut) throw new Cut();
      write(index, data);
    };
    const run = () => {
      for (const n of received) if (bench.accept(n) === "complete") return;
    };
    if (cut < lost.length) expect(run).toThrow(Cut);
    else run();
    bench.store.writeFragment = write;
    expect(bench.reboot()).toBe(true);
    expect(bench.store.block).toEqual(bench.block);
  }
});

describe("what is not a fragment of the session", () => {
  test.each([0, -1, 1.5, Number.NaN, 16_384, 65_535])("N = %s changes nothing", (n) => {
    const bench = new Bench(10, 4);
    expect(bench.decoder.accept(n, new Uint8Array(4))).toBe("ignored");
    expect(bench.decoder.missing).toBe(10);
    expect(bench.decoder.memoryError).toBe(false);
  });

  test("neither does another length", () => {
    const bench = new Bench(10, 4);
    for (const length of [0, 1, 3, 5, 255]) {
      expect(bench.decoder.accept(1, new Uint8Array(length))).toBe("ignored");
      expect(bench.decoder.accept(11, new Uint8Array(length))).toBe("ignored");
    }
    expect(bench.store.written.size).toBe(0);
  });

  test.each([
    [0, 4],
    [16_384, 4],
    [1.5, 4],
    [10, 0],
    [10, 256],
  ])("%s fragments of %s bytes is a bug of the caller", (nbFrag, fragSize) => {
    const config = {
      nbFrag,
      fragSize,
      variant: "ts004-v1",
      matrixRowsMax: 1,
      scratchFragmentsMax: 1,
    };
    expect(() => new Decoder(config as DecoderConfig, new MemoryStore(1, 1))).toThrow(RangeError);
  });

  test("the last number of 14 bits is a fragment, coded or not", () => {
    const bench = new Bench(100, 1);
    expect(bench.accept(16_383)).toBe("coded");
    const full = new Bench(16_383, 1);
    expect(full.accept(16_383)).toBe("stored");
    expect(full.decoder.missing).toBe(16_382);
  });
});

describe("tiny sessions", () => {
  test("M = 1: coded fragments are all zero, and a repeat is all that helps", () => {
    const bench = new Bench(1, 3);
    expect(bench.acceptAll(2, 3, 2)).toEqual(["dependent", "dependent", "dependent"]);
    expect(bench.decoder.missing).toBe(1);
    expect(bench.accept(1)).toBe("complete");
    expect(bench.store.block).toEqual(bench.block);
  });

  test("v2 with an even floor(M/2): parity alone stays one short, one uncoded fragment mends it", () => {
    const bench = new Bench(16, 2, { variant: "ts004-v2-lbm" });
    for (const n of upTo(200)) bench.accept(16 + n);
    expect(bench.decoder.missing).toBe(1);
    expect(bench.accept(7)).toBe("complete");
    expect(bench.store.block).toEqual(bench.block);
  });
});

test("a restored decoder refuses fragments until it is told that everything was restored", () => {
  const bench = new Bench(10, 10);
  bench.decoder.restoreCoded(0, 11);
  expect(() => bench.accept(1)).toThrow(RangeError);
});
