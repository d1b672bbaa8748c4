import { describe, expect, test } from "vitest";
import { decodePatchHeader, PATCH_HEADER_BYTES } from "#agent/delta/container.ts";
import { FlashFault } from "#hal/ports.ts";
import { CUTS } from "../update-story.ts";
import {
  BANK,
  bankWith,
  baseHash,
  bodyOf,
  compressedPatch,
  PatchBench,
  patchOf,
} from "./patch-bench.ts";
import { base, targets } from "./vectors.ts";

const target = targets[0]?.target ?? base;
const GRANULES = [1, 8, 32];
/** Of a bank's sector: when the patch moves, when the target is written, when the patch goes. */
const ERASES_MAX = 2;

describe("a patch becomes the image it makes", () => {
  test.each(targets)("$name", ({ target: made }) => {
    for (const granuleBytes of GRANULES) {
      const bench = new PatchBench(patchOf(made), granuleBytes);
      expect(bench.apply()).toEqual({ ok: true });
      expect(bench.bank()).toEqual(bankWith(made));
      expect(bench.erasesMax).toBeLessThanOrEqual(ERASES_MAX);
    }
  });

  test.each(["crle", "heatshrink"] as const)("compressed by %s", (compression) => {
    const bench = new PatchBench(compressedPatch(target, compression), 8);
    expect(bench.apply()).toEqual({ ok: true });
    expect(bench.holds(target)).toBe(true);
  });

  test("and once it is, nothing more is done", () => {
    const bench = new PatchBench(patchOf(target), 8);
    bench.apply();
    const { operations } = bench.flash;
    expect(bench.apply()).toEqual({ ok: true });
    expect(bench.flash.operations).toBe(operations);
  });
});

describe.each(GRANULES)("power, granule %i", (granuleBytes) => {
  const patch = patchOf(target);
  const whole = new PatchBench(patch, granuleBytes);
  const first = whole.flash.operations;
  whole.apply();
  const end = whole.flash.operations;

  function expectMade(bench: PatchBench, where: string): void {
    expect(bench.applyWithCuts(), where).toEqual({ ok: true });
    expect(bench.holds(target), where).toBe(true);
    expect(bench.erasesMax, where).toBeLessThanOrEqual(ERASES_MAX + bench.cuts);
  }

  test("fails in any operation, in any way", () => {
    expect(end - first).toBeGreaterThan(12);
    for (let index = first; index < end; index++) {
      for (const cut of CUTS) {
        const bench = new PatchBench(patch, granuleBytes);
        bench.flash.cutAt(index, cut);
        expectMade(bench, `${cut.kind} at ${index}`);
        expect(bench.cuts).toBe(1);
      }
    }
  });

  test("fails again soon after", () => {
    for (let index = first; index < end; index++) {
      for (const [kind, cut] of CUTS.entries()) {
        for (let later = 1; later <= 24; later++) {
          const second = CUTS[(kind + later + index) % CUTS.length] ?? cut;
          const bench = new PatchBench(patch, granuleBytes);
          bench.flash.cutAt(index, cut);
          bench.flash.cutAt(index + later, second);
          expectMade(bench, `${cut.kind} at ${index}, ${second.kind} ${later} later`);
        }
      }
    }
  });

  test("fails in every operation", () => {
    const bench = new PatchBench(patch, granuleBytes);
    for (let index = first; index < first + 60; index += 3) {
      bench.flash.cutAt(index, CUTS[index % CUTS.length] ?? { kind: "notDone" });
    }
    expectMade(bench, "every third");
    expect(bench.cuts).toBeGreaterThan(5);
  });

  test("fails before a step is remembered, and when it is", () => {
    for (let call = 0; call < whole.steps; call++) {
      for (const when of ["before", "after"] as const) {
        const bench = new PatchBench(patch, granuleBytes);
        bench.memoryCut = { call, when };
        expectMade(bench, `${when} step ${call}`);
        expect(bench.cuts).toBe(1);
      }
    }
  });
});

test("sectors that are remembered are not written again", () => {
  const bench = new PatchBench(patchOf(target), 8);
  bench.memoryCut = { call: 3, when: "after" };
  bench.applyWithCuts();
  const counts = [0, 256, 512, 768].map((at) => bench.flash.eraseCount(BANK.address + at));
  expect(counts).toEqual([1, 1, 1, 1]);
});

/** Refused without any program or erase. */
function expectRefused(patch: Uint8Array, reason: string, where = "") {
  const bench = new PatchBench(patch, 8);
  const { operations } = bench.flash;
  const outcome = bench.apply();
  expect(outcome, where).toMatchObject({ ok: false, reason });
  expect(bench.flash.operations, where).toBe(operations);
  return outcome;
}

describe("refused before anything is erased", () => {
  test("a patch to another image", () => {
    const hash = baseHash.slice();
    hash[31] = 0;
    const outcome = expectRefused(patchOf(target, { hash }), "wrongBase");
    expect(outcome).toMatchObject({ detail: "changes image babababa, not this one" });
  });

  test("every truncation", () => {
    const patch = patchOf(target);
    for (let length = 4; length < patch.length; length++) {
      expectRefused(patch.subarray(0, length), "patchFormat", `${length} bytes`);
    }
    expectRefused(Uint8Array.of(...patch, 0), "patchFormat");
  });

  test("every changed byte", () => {
    const patch = patchOf(target);
    for (let at = 0; at < patch.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const bad = patch.slice();
        bad[at] = (bad[at] ?? 0) ^ change;
        expectRefused(bad, "patchFormat", `byte ${at}`);
      }
    }
  });

  test("an image too large for the bank beside its patch", () => {
    const large = new Uint8Array(1800);
    const outcome = expectRefused(patchOf(large), "storage");
    expect(outcome).toMatchObject({ detail: expect.stringContaining("1800 bytes beside") });
  });

  test("a patch too large to be moved", () => {
    const body = new Uint8Array(1200);
    expectRefused(patchOf(target, { body }), "patchFormat");
    expectRefused(compressedPatch(target, "none"), "storage");
  });

  test("a size that body and header disagree on", () => {
    const outcome = expectRefused(patchOf(target, { targetBytes: 1199 }), "patchFormat");
    expect(outcome).toMatchObject({ detail: "makes 1200 bytes, its header says 1199" });
  });

  test("a body that is no good, its checksum right", () => {
    for (const [at, byte] of [
      [0, 0x14],
      [0, 0x01],
      [3, 0xff],
    ] as const) {
      const body = bodyOf(patchOf(target)).slice();
      body[at] = byte;
      expectRefused(patchOf(target, { body }), "patchFormat", `byte ${at}`);
    }
  });
});

test("forged bodies make something else, or nothing: never more, nor elsewhere", () => {
  const good = bodyOf(patchOf(target));
  let [made, refused] = [0, 0];
  for (let at = 0; at < good.length; at++) {
    for (const change of [0x01, 0x02, 0x80, 0xff]) {
      const body = good.slice();
      body[at] = (body[at] ?? 0) ^ change;
      const bench = new PatchBench(patchOf(target, { body }), 8);
      if (bench.apply().ok) {
        made += 1;
        expect(bench.bank().subarray(target.length)).toEqual(
          bankWith(target).subarray(target.length),
        );
      } else refused += 1;
    }
  }
  expect([made, refused].every((count) => count > 20)).toBe(true);
});

describe("sick flash", () => {
  const patch = patchOf(target);
  const sectors = Array.from({ length: 8 }, (_, index) => BANK.address + 256 * index);

  test.each(["read", "program", "erase"] as const)(
    "a %s that fails once is tried again",
    (kind) => {
      for (const address of sectors) {
        const bench = new PatchBench(patch, 8);
        bench.flash.failNext(kind, 1, { address, sizeBytes: 256 });
        let outcome: unknown;
        try {
          outcome = bench.apply();
        } catch (error) {
          // The first look at what was received is not repeated.
          expect([kind, error instanceof FlashFault]).toEqual(["read", true]);
          continue;
        }
        expect(outcome).toEqual({ ok: true });
        expect(bench.holds(target)).toBe(true);
      }
    },
  );

  test.each(["program", "erase"] as const)("a sector whose %s fails for ever ends it", (kind) => {
    let failures = 0;
    for (const address of sectors) {
      const bench = new PatchBench(patch, 8);
      bench.flash.failNext(kind, Number.POSITIVE_INFINITY, { address, sizeBytes: 256 });
      try {
        expect(bench.apply()).toEqual({ ok: true });
        expect(bench.holds(target)).toBe(true);
      } catch (error) {
        if (!(error instanceof FlashFault)) throw error;
        failures += 1;
      }
    }
    expect(failures).toBeGreaterThan(4);
  });

  test("a bit that does not take is found when it is written", () => {
    const bench = new PatchBench(patch, 8);
    const bit = 31 - Math.clz32(~(target[700] ?? 0) & 0xff);
    bench.flash.stickBit(BANK.address + 700, bit, 1);
    expect(() => bench.apply()).toThrow(FlashFault);
  });

  test("nothing is erased that cannot be remembered", () => {
    const bench = new PatchBench(patch, 8);
    bench.canRemember = false;
    expect(bench.apply()).toMatchObject({ ok: false, reason: "storage" });
    expect(bench.bank().subarray(0, patch.length)).toEqual(patch);
  });
});

test("the header says what it was given, and no field goes unchecked", () => {
  const patch = patchOf(target);
  expect(decodePatchHeader(patch, patch.length)).toMatchObject({
    ok: true,
    header: { bodyBytes: patch.length - PATCH_HEADER_BYTES, targetBytes: 1200, baseHash },
  });
  expect(decodePatchHeader(patch, patch.length + 1)).toMatchObject({ ok: false });
});
