import { describe, expect, test } from "vitest";
import { Bench, upTo } from "./decoder-bench.ts";

describe("the caps of a small device", () => {
  test("more unknowns than matrix rows: refused, but late uncoded fragments bring it back", () => {
    const bench = new Bench(20, 4, { matrixRowsMax: 5 });
    bench.acceptAll(...upTo(13));
    expect(bench.decoder.memoryError).toBe(false);
    expect(bench.acceptAll(21, 22)).toEqual(["memoryError", "memoryError"]);
    expect(bench.decoder.memoryError).toBe(true);
    expect(bench.store.coded).toEqual([]);
    expect(bench.decoder.missing).toBe(7);
    expect(bench.acceptAll(14, 15)).toEqual(["stored", "stored"]);
    expect(bench.decoder.memoryError).toBe(false);
    for (let n = 23; !bench.decoder.complete; n++) bench.accept(n);
    expect(bench.store.block).toEqual(bench.block);
  });

  test("a full scratch: refused, and uncoded fragments still finish the block", () => {
    const bench = new Bench(20, 4, { scratchFragmentsMax: 3 });
    bench.acceptAll(...upTo(15));
    const results = bench.acceptAll(...upTo(12).map((k) => 20 + k));
    expect(results.filter((result) => result === "coded").length).toBe(3);
    expect(results).toContain("memoryError");
    expect(bench.decoder.memoryError).toBe(true);
    expect(bench.store.coded.length).toBe(3);
    for (const n of [16, 17, 18, 19, 20]) if (bench.accept(n) === "complete") break;
    expect(bench.decoder.complete).toBe(true);
    expect(bench.decoder.memoryError).toBe(false);
    expect(bench.store.block).toEqual(bench.block);
  });

  test("no scratch and no rows at all: a plain reassembly", () => {
    const bench = new Bench(6, 4, { matrixRowsMax: 0, scratchFragmentsMax: 0 });
    expect(bench.acceptAll(1, 2, 3, 4, 5, 7)).toEqual([
      ...new Array(5).fill("stored"),
      "memoryError",
    ]);
    expect(bench.accept(6)).toBe("complete");
  });
});

describe("fragments that contradict each other", () => {
  test("one flipped bit in a dependent fragment", () => {
    const bench = new Bench(10, 10);
    bench.acceptAll(1, 2, 4, 5, 6, 8, 9, 10, 11);
    const data = bench.encoder.fragment(12);
    data[9] = (data[9] ?? 0) ^ 0x80;
    expect(bench.decoder.accept(12, data)).toBe("inconsistent");
    expect(bench.decoder.inconsistent).toBe(true);
    expect(bench.store.coded.length).toBe(1);
  });

  test("a late uncoded fragment that the coded ones had already settled otherwise", () => {
    const bench = new Bench(10, 10);
    bench.acceptAll(1, 2, 4, 5, 6, 8, 9, 10, 11); // 11 settles fragment 3
    expect(bench.decoder.accept(3, new Uint8Array(10))).toBe("stored");
    expect(bench.decoder.inconsistent).toBe(true);
  });
});
