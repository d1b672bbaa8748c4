import { describe, expect, test } from "vitest";
import { FlashFault } from "#hal/ports.ts";
import type { FlashCall } from "#sim/flash/failures.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawKey } from "#sim/kernel/draws.ts";
import { expectFault, filled, readBytes, smallGeometry } from "./flash-bench.ts";

const FOREVER = Number.POSITIVE_INFINITY;
const WHOLE = { address: 0, sizeBytes: 512 };
const fresh = (seed = 1) => new NorFlash(smallGeometry, { key: drawKey(seed, 0, "flash") });

const CALLS: Record<FlashCall, (flash: NorFlash, address: number) => void> = {
  read: (flash, address) => flash.read(address, new Uint8Array(16)),
  program: (flash, address) => flash.program(address, filled(16, 0x5a)),
  erase: (flash, address) => flash.erase(address),
};
const calls = ["read", "program", "erase"] as const;

describe.each(calls)("%s", (call) => {
  test.each(["none", "done", "torn"] as const)(
    "fails n times in a span, then no more: %s",
    (how) => {
      const flash = fresh();
      flash.failNext(call, 2, { address: 256, sizeBytes: 8 }, how);
      CALLS[call](flash, 0);
      for (let time = 0; time < 2; time++) {
        expectFault(() => CALLS[call](flash, 256), call, 256);
        if (call === "program") flash.erase(256);
      }
      CALLS[call](flash, 256);
      expect(flash.isPowered).toBe(true);
    },
  );

  test("fails for ever, and nothing else does", () => {
    const flash = fresh();
    flash.failNext(call, FOREVER, { address: 256, sizeBytes: 256 });
    for (let time = 0; time < 50; time++) expectFault(() => CALLS[call](flash, 256), call, 256);
    for (const other of calls) if (other !== call) CALLS[other](flash, 256);
    CALLS[call](flash, 0);
  });

  test("a span that ends before the operation or begins after it is none of its business", () => {
    const flash = fresh();
    flash.failNext(call, FOREVER, { address: 0, sizeBytes: 256 });
    CALLS[call](flash, 256);
    flash.failNext(call, FOREVER, { address: 511, sizeBytes: 1 });
    if (call !== "erase") CALLS[call](flash, 256 + 32);
    else expect(() => flash.erase(256)).toThrow(FlashFault);
  });

  test("zero times is never", () => {
    const flash = fresh();
    flash.failNext(call, 0, WHOLE, "torn");
    CALLS[call](flash, 0);
  });
});

test("a lost acknowledgement: the program is done, and not to be done again", () => {
  const flash = fresh();
  flash.failNext("program", 1, WHOLE, "done");
  expectFault(() => flash.program(32, filled(16, 0x5a)), "program", 32);
  expect(readBytes(flash, 24, 32)).toEqual(
    Uint8Array.of(...filled(8, 0xff), ...filled(16, 0x5a), ...filled(8, 0xff)),
  );
  expect(() => flash.program(32, filled(8, 0))).toThrow(RangeError);
});

test("a lost acknowledgement of ones burns the granule without a trace", () => {
  const flash = fresh();
  flash.failNext("program", 1, WHOLE, "done");
  expectFault(() => flash.program(0, filled(8, 0xff)), "program", 0);
  expect(readBytes(flash, 0, 8)).toEqual(filled(8, 0xff));
  expectFault(() => flash.program(0, filled(8, 0)), "program", 0);
});

test("a lost acknowledgement: the erase is done", () => {
  const flash = fresh();
  flash.program(0, filled(512, 0));
  flash.failNext("erase", 1, WHOLE, "done");
  expectFault(() => flash.erase(256), "erase", 256);
  expect(readBytes(flash, 0, 512)).toEqual(Uint8Array.of(...filled(256, 0), ...filled(256, 0xff)));
  flash.program(256, filled(256, 0));
  expect(flash.eraseCount(256)).toBe(1);
});

test("a read that fails has the bytes, half of them, or none", () => {
  const flash = fresh();
  flash.program(0, filled(16, 0x5a));
  for (const [how, sizeBytes] of [
    ["done", 16],
    ["torn", 8],
    ["none", 0],
  ] as const) {
    flash.failNext("read", 1, WHOLE, how);
    const target = filled(16, 0x11);
    expect(() => flash.read(0, target)).toThrow(FlashFault);
    const expected = filled(16, 0x11).fill(0x5a, 0, sizeBytes);
    expect(target).toEqual(expected);
  }
});

test("torn: some of the bits, never more, differently by seed and equally by the same one", () => {
  const left = (seed: number) => {
    const flash = fresh(seed);
    flash.failNext("program", 1, WHOLE, "torn");
    expectFault(() => flash.program(0, filled(64, 0x5a)), "program", 0);
    const bytes = readBytes(flash, 0, 64);
    for (const byte of bytes) expect(byte & 0x5a).toBe(0x5a);
    expect(bytes).not.toEqual(filled(64, 0x5a));
    expect(() => flash.program(0, filled(64, 0))).toThrow();
    flash.erase(0);
    flash.program(0, filled(64, 0));
    return bytes.join();
  };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  expect(new Set(seeds.map(left)).size).toBeGreaterThan(10);
  expect(seeds.map(left)).toEqual(seeds.map(left));
});

test("torn: an erase leaves a sector that reads anything and takes nothing until erased", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const flash = fresh(seed);
    flash.program(0, filled(512, 0x0f));
    flash.failNext("erase", 1, WHOLE, "torn");
    expectFault(() => flash.erase(256), "erase", 256);
    expect(readBytes(flash, 0, 256)).toEqual(filled(256, 0x0f));
    const bytes = readBytes(flash, 256, 256);
    const isBlank = (byte: number) => byte === 0xff;
    seen.add(bytes.every(isBlank) ? "blank" : bytes.some(isBlank) ? "mixed" : "full");
    expect(() => flash.program(504, filled(8, 0))).toThrow();
    flash.erase(256);
    flash.program(256, filled(256, 0));
  }
  expect(seen).toContain("blank");
  expect(seen).toContain("mixed");
});

test("an effect may be any of the cuts, without the cut", () => {
  const flash = fresh();
  flash.failNext("program", 1, WHOLE, { kind: "prefix", bytes: 5 });
  expectFault(() => flash.program(0, filled(16, 0)), "program", 0);
  expect([...readBytes(flash, 3, 4)]).toEqual([0, 0, 0xff, 0xff]);
  flash.program(8, filled(8, 0));
  flash.failNext("erase", 1, WHOLE, { kind: "halfErase" });
  flash.program(128, filled(8, 0));
  expectFault(() => flash.erase(0), "erase", 0);
  expect([...readBytes(flash, 0, 1), ...readBytes(flash, 128, 1)]).toEqual([0xff, 0]);
});

test("a power cut comes before a failure, which then waits for the next operation", () => {
  const flash = fresh();
  flash.failNext("program", 1);
  flash.cutAt(0, { kind: "notDone" });
  expect(() => flash.program(0, filled(8, 0))).toThrow("in program 0 at 0x0");
  flash.powerOn();
  expectFault(() => flash.program(0, filled(8, 0)), "program", 0);
  flash.program(0, filled(8, 0));
});

test("what is still to fail goes into a clone", () => {
  const flash = fresh();
  flash.failNext("program", 2, WHOLE, "done");
  expectFault(() => flash.program(0, filled(8, 0)), "program", 0);
  const copy = flash.clone();
  expectFault(() => copy.program(8, filled(8, 0)), "program", 8);
  copy.program(16, filled(8, 0));
  expectFault(() => flash.program(8, filled(8, 0)), "program", 8);
});

test("chance goes on in a clone where it was", () => {
  const flash = fresh();
  const tear = (each: NorFlash) => {
    each.erase(0);
    each.failNext("program", 1, WHOLE, { kind: "partialBits" });
    expectFault(() => each.program(0, filled(64, 0)), "program", 0);
    return readBytes(each, 0, 64).join();
  };
  const first = tear(flash);
  const copy = flash.clone();
  const second = tear(flash);
  expect(second).not.toBe(first);
  expect(tear(copy)).toBe(second);
});

test("multiwrite: a second program makes unstable bits stable, a second failure more unstable", () => {
  const flash = new NorFlash(smallGeometry, { policy: "multiwrite" });
  const failUnstable = (byte: number) => {
    flash.failNext("program", 1, WHOLE, { kind: "unstable" });
    expectFault(() => flash.program(0, filled(8, byte)), "program", 0);
  };
  const varying = () => {
    let bits = 0;
    for (let time = 0; time < 50; time++) {
      const [first = 0, second = 0] = [readBytes(flash, 0, 1)[0], readBytes(flash, 0, 1)[0]];
      bits |= first ^ second;
    }
    return bits;
  };
  failUnstable(0xf0);
  expect(varying()).toBe(0x0f);
  failUnstable(0xcf);
  expect(varying()).toBe(0x3f);
  flash.program(0, filled(8, 0xf8));
  expect(varying()).toBe(0x38);
  flash.program(0, filled(8, 0xc0));
  expect(varying()).toBe(0);
  failUnstable(0x80); // bits that are clear already do not waver
  expect(varying()).toBe(0x40);
  expect(readBytes(flash, 0, 1)[0]).toSatisfy((byte: number) => (byte & 0xbf) === 0x80);
});

test("after a half erase, a granule that has lost its only clear bit looks erased and is not", () => {
  const flash = fresh();
  flash.program(248, filled(8, 0xff).fill(0xfe, 7));
  flash.flipBit(255, 0);
  expect(readBytes(flash, 248, 8)).toEqual(filled(8, 0xff));
  flash.failNext("erase", 1, WHOLE, { kind: "halfErase" });
  expectFault(() => flash.erase(0), "erase", 0);
  expectFault(() => flash.program(248, filled(8, 0)), "program", 248);
});
