import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PatchDecoder } from "#agent/delta/decoder.ts";
import { encodeSignedSize } from "#agent/delta/sizes.ts";
import { readerOf } from "#agent/image/reader.ts";
import { applied } from "./apply-body.ts";
import { base, refusedPatches, sizes, theirPatches } from "./vectors.ts";

test.each(sizes)("size %i is %s, as detools writes it", (value, hex) => {
  expect(Buffer.from(encodeSignedSize(value)).toString("hex")).toBe(hex);
});

describe("what detools made", () => {
  test.each(theirPatches)("$name", ({ patch, target }) => {
    expect(applied(patch, base)).toEqual(target);
  });

  test.each([1, 7, 128, 129, 4096])("in pieces of %i bytes", (pieceBytes) => {
    for (const { patch, target } of theirPatches) {
      expect(applied(patch, base, pieceBytes)).toEqual(target);
    }
  });

  test.each(refusedPatches)("but not $name", ({ patch }) => {
    expect(applied(patch, base)).toMatch(/compressed|sequential type/);
  });
});

describe("a damaged patch", () => {
  test.each(theirPatches)("ends early at every byte: $name", ({ patch }) => {
    for (let length = 0; length < patch.length; length++) {
      expect(applied(patch.subarray(0, length), base)).toBeTypeOf("string");
    }
  });

  test.each(theirPatches)("goes on behind its end: $name", ({ patch }) => {
    for (const more of [0x00, 0xff]) {
      expect(applied(Uint8Array.of(...patch, more), base)).toBeTypeOf("string");
    }
  });

  test("any byte changed makes something else or nothing, and reads nothing that is not there", () => {
    let refused = 0;
    for (const { patch, target } of theirPatches) {
      if (patch.length > 400) continue;
      for (let at = 0; at < patch.length; at++) {
        for (const change of [0x01, 0x80, 0x40, 0xff]) {
          const bad = patch.slice();
          bad[at] = (bad[at] ?? 0) ^ change;
          const made = applied(bad, base);
          if (typeof made === "string") refused += 1;
          else if (made.length !== target.length) expect(made).not.toEqual(target);
        }
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test("of any bytes whatever", () => {
    const head = fc.constantFrom(
      [0x00, 0x99, 0x02],
      [0x02, 0x99, 0x02],
      [0x04, 0x99, 0x02],
      [0x04, 0x99, 0x02, 0x77],
    );
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        const made = applied(Uint8Array.of(...start, ...rest), base);
        expect(typeof made === "string" || made.length === 153).toBe(true);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});

/** An uncompressed patch, part by part. */
function plain(targetBytes: number, ...parts: readonly (number | readonly number[])[]) {
  const data = parts.flatMap((part) =>
    typeof part === "number" ? encodeSignedSize(part) : [...part],
  );
  return Uint8Array.of(0, ...encodeSignedSize(targetBytes), ...data);
}

const small = Uint8Array.of(10, 20, 30, 40);

describe("a patch by hand", () => {
  test("differences wrap around, the place in the base steps both ways", () => {
    const patch = plain(5, 0, 2, [1, 250], 1, [99], 1, 1, [0], 0, -4, 1, [0], 0, 0);
    expect(applied(patch, small)).toEqual(Uint8Array.of(11, 14, 99, 40, 10));
  });

  test("empty chunks do no harm", () => {
    const patch = plain(1, 0, 0, 0, 3, 0, 0, 0, 1, [2], 0, 0);
    expect(applied(patch, small)).toEqual(Uint8Array.of(42));
  });

  test.each([
    ["too many of them", plain(1, 0, ...Array(12).fill([0, 0, 0])), /no progress|ends early/],
    ["no size", Uint8Array.of(0), /does not say what size/],
    ["a size without an end", Uint8Array.of(0, 0x80, 0x80, 0x80, 0x80, 0x80), /does not say/],
    ["a negative size", plain(-5, 0), /does not say what size/],
    ["a data format", plain(1, 4, [0]), /data format/],
    ["a diff of negative size", plain(1, 0, -1), /no size/],
    ["an extra of negative size", plain(2, 0, 1, [0], -1), /no size/],
    ["a diff beyond the target", plain(3, 0, 4, [0, 0, 0, 0]), /more than it says/],
    ["an extra beyond the target", plain(3, 0, 2, [0, 0], 2, [0, 0], 0), /more than it says/],
    ["a diff beyond the base", plain(9, 0, 5, [0, 0, 0, 0, 0]), /behind the base/],
    ["a step behind the base", plain(2, 0, 1, [0], 0, 4), /steps out/],
    ["a step before the base", plain(2, 0, 1, [0], 0, -2), /steps out/],
    ["a last step out of the base", plain(1, 0, 1, [0], 0, 99), /steps out/],
    ["no last step", plain(1, 0, 1, [0], 0), /steps out/],
    ["a byte too many", plain(1, 0, 1, [0], 0, 0, [0]), /behind its end/],
    ["a size of six bytes", plain(1, 0, [0x81, 0x80, 0x80, 0x80, 0x80, 0x00]), /no size/],
  ])("refused: %s", (_, patch, problem) => {
    expect(applied(patch, small)).toMatch(problem);
  });

  test("chunks that bring nothing end soon, however many a run stands for", () => {
    // CRLE: a data format of none, then 2^28 zeros.
    const patch = Uint8Array.of(2, ...encodeSignedSize(50), 1, 0x80, 0x80, 0x80, 0x80, 0x01, 0);
    expect(applied(patch, small)).toBe("makes no progress");
  });

  test("a run longer than the target needs is too long", () => {
    const good = [2, 3, 1, 1, 0, 0, 2, 3, 0, 1, 3, 0, 0, 0];
    expect(applied(Uint8Array.of(2, 1, 0, 5, 0, 1, 7, 0, 0), small)).toEqual(Uint8Array.of(17));
    expect(applied(Uint8Array.of(2, 1, 0, 3, 0, 1, 7, 1, 2, 0), small)).toEqual(Uint8Array.of(17));
    expect(applied(Uint8Array.of(2, 1, 0, 3, 0, 1, 7, 1, 3, 0), small)).toMatch(/behind its end/);
    expect(applied(Uint8Array.from(good), small)).toBeTypeOf("string");
  });

  test("more than the target is never given", () => {
    const decoder = new PatchDecoder(readerOf(plain(1, 0, 1, [0], 0, 0)), readerOf(small));
    expect(decoder.fill(new Uint8Array(2))).toBe(false);
    expect(decoder.problem).toBe("makes 1 bytes");
  });

  test("nor is a patch over before the target is", () => {
    const decoder = new PatchDecoder(readerOf(plain(2, 0, 2, [0, 0], 0, 0)), readerOf(small));
    expect(decoder.fill(new Uint8Array(1))).toBe(true);
    expect(decoder.finish()).toBe(false);
    expect(decoder.problem).toBe("has more to give");
  });
});
