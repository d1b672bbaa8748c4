import { expect, test } from "vitest";
import { FlashFault, PowerLoss } from "#hal/ports.ts";
import type { FlashOperation } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { describeOperation, FlashTrace } from "#sim/flash/trace.ts";
import { filled, readBytes, smallGeometry } from "./flash-bench.ts";

const operationAt = (index: number): FlashOperation => {
  return { index, kind: "erase", address: 0, sizeBytes: 256, caller: "" };
};

test("a trace has every program and erase with its caller, failed and cut ones too", () => {
  const flash = new NorFlash(smallGeometry);
  const trace = new FlashTrace(100);
  flash.trace = trace;
  flash.caller = "bootloader";
  flash.program(8, filled(16, 0));
  readBytes(flash, 0, 8);
  flash.caller = "agent";
  flash.failNext("erase", 1);
  expect(() => flash.erase(256)).toThrow(FlashFault);
  flash.cutAt(2, { kind: "notDone" });
  expect(() => flash.program(0, filled(8, 0))).toThrow(PowerLoss);
  expect(trace.operations).toEqual([
    { index: 0, kind: "program", address: 8, sizeBytes: 16, caller: "bootloader" },
    { index: 1, kind: "erase", address: 256, sizeBytes: 256, caller: "agent" },
    { index: 2, kind: "program", address: 0, sizeBytes: 8, caller: "agent" },
  ]);
  expect(trace.toString()).toBe(
    "0 program 0x8+16 bootloader\n1 erase 0x100+256 agent\n2 program 0x0+8 agent",
  );
});

test("what never became an operation is not in it", () => {
  const flash = new NorFlash(smallGeometry);
  const trace = new FlashTrace(100);
  flash.trace = trace;
  expect(() => flash.program(3, filled(8, 0))).toThrow(RangeError);
  expect(() => flash.erase(8)).toThrow(RangeError);
  flash.program(8, filled(0, 0));
  flash.powerOff();
  expect(() => flash.erase(0)).toThrow(PowerLoss);
  expect(trace.operations).toEqual([]);
  expect(trace.toString()).toBe("");
});

test("a trace is in time before the hook, and both see the same", () => {
  const flash = new NorFlash(smallGeometry);
  const trace = new FlashTrace(1);
  flash.trace = trace;
  let seen: readonly FlashOperation[] = [];
  flash.onOperation = (operation) => {
    seen = [operation, ...trace.operations];
  };
  flash.erase(0);
  expect(seen[0]).toBe(seen[1]);
});

test("a stream is a sink of one's own", () => {
  const flash = new NorFlash(smallGeometry);
  const lines: string[] = [];
  flash.trace = { record: (operation) => lines.push(describeOperation(operation)) };
  flash.erase(256);
  flash.trace = undefined;
  flash.erase(256);
  expect(lines).toEqual(["0 erase 0x100+256"]);
});

test.each([1, 2, 3, 4, 5, 6, 7])(
  "of %i operations a trace of three keeps the last three",
  (count) => {
    const trace = new FlashTrace(3);
    for (let index = 0; index < count; index++) trace.record(operationAt(index));
    const kept = [0, 1, 2, 3, 4, 5, 6].slice(Math.max(0, count - 3), count);
    expect(trace.operations.map(({ index }) => index)).toEqual(kept);
    expect(trace.count).toBe(count);
  },
);

test.each([0, -1, 1.5])("a trace of %f operations is refused", (capacity) => {
  expect(() => new FlashTrace(capacity)).toThrow(RangeError);
});

test("a clone is not watched", () => {
  const flash = new NorFlash(smallGeometry);
  const trace = new FlashTrace(5);
  flash.trace = trace;
  flash.clone().erase(0);
  expect(trace.count).toBe(0);
});
