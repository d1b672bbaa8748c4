import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeBody } from "#agent/delta/body.ts";
import { diffChunks } from "#agent/delta/bsdiff.ts";
import { suffixArray } from "#agent/delta/suffix-array.ts";
import { applied } from "./apply-body.ts";
import { base, targets, theirPatches } from "./vectors.ts";

function sortedByComparing(text: Uint8Array): readonly number[] {
  const starts = Array.from(text.keys());
  return starts.sort((a, b) => Buffer.compare(text.subarray(a), text.subarray(b)));
}

describe("suffixes", () => {
  test.each([1, 2, 3, 256])("are in order, of %i symbols", (symbols) => {
    const text = fc.uint8Array({ max: symbols - 1, maxLength: 120 });
    fc.assert(
      fc.property(text, (bytes) => {
        expect(Array.from(suffixArray(bytes))).toEqual(sortedByComparing(bytes));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("of text that repeats itself at every scale", () => {
    let [a, b] = [[1], [0, 1]];
    while (b.length < 3000) [a, b] = [b, [...a, ...b]];
    for (const text of [Uint8Array.from(b), Uint8Array.from([...b, ...b]), new Uint8Array(2000)]) {
      expect(Array.from(suffixArray(text))).toEqual(sortedByComparing(text));
    }
  });
});

const bytes = (maxLength: number) => fc.uint8Array({ max: 3, maxLength });

describe("chunks", () => {
  test("make up the target from front to back, and stay in the base", () => {
    fc.assert(
      fc.property(bytes(150), bytes(150), (from, to) => {
        let [targetPlace, basePlace] = [0, 0];
        for (const chunk of diffChunks(from, to)) {
          expect([chunk.targetPlace, chunk.basePlace]).toEqual([targetPlace, basePlace]);
          expect(Math.min(chunk.diffBytes, chunk.extraBytes)).toBeGreaterThanOrEqual(0);
          expect(basePlace + chunk.diffBytes).toBeLessThanOrEqual(from.length);
          targetPlace += chunk.diffBytes + chunk.extraBytes;
          basePlace += chunk.diffBytes + chunk.step;
          expect(basePlace).toBeGreaterThanOrEqual(0);
          expect(basePlace).toBeLessThanOrEqual(from.length);
        }
        expect(targetPlace).toBe(to.length);
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});

describe("patches", () => {
  test.each(targets)("$name: made, and applied again", ({ target }) => {
    for (const compression of ["none", "crle", "heatshrink"] as const) {
      const body = makeBody(base, target, compression);
      expect(body.compression).toBe(compression);
      expect(applied(body.bytes, base)).toEqual(target);
    }
  });

  test.each(theirPatches)("no larger than detools': $name", ({ target, patch, compression }) => {
    expect(makeBody(base, target).bytes.length).toBeLessThanOrEqual(patch.length);
    if (compression === "heatshrink") return;
    expect(makeBody(base, target, compression).bytes.length).toBeLessThanOrEqual(patch.length);
  });

  test("of anything to anything", () => {
    fc.assert(
      fc.property(bytes(300), bytes(300), (from, to) => {
        fc.pre(to.length > 0);
        expect(applied(makeBody(from, to).bytes, from)).toEqual(to);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("of an image that changed in a few places are small", () => {
    const target = base.slice();
    target[100] = 1;
    target[900] = 2;
    expect(makeBody(base, target).bytes.length).toBeLessThan(30);
    const shifted = Uint8Array.of(...base.subarray(0, 600), 1, 2, 3, 4, ...base.subarray(600));
    expect(makeBody(base, shifted).bytes.length).toBeLessThan(40);
  });
});
