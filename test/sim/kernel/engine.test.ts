import { expect, test } from "vitest";
import { Engine } from "#sim/kernel/engine.ts";

test("events run in order of time, and of scheduling within one time", () => {
  const engine = new Engine();
  const order: string[] = [];
  for (const [at, name] of [
    [5, "e"],
    [1, "a"],
    [3, "c"],
    [1, "b"],
    [3, "d"],
  ] as const) {
    engine.schedule(at, () => order.push(name));
  }
  engine.run(100);
  expect(order.join("")).toBe("abcde");
  expect(engine.now).toBe(5);
});

test("a cancelled event does not run, and an event may schedule at its own time", () => {
  const engine = new Engine();
  const order: number[] = [];
  const cancelled = engine.schedule(2, () => order.push(2));
  engine.schedule(1, () => {
    order.push(1);
    engine.cancel(cancelled);
    engine.schedule(1, () => order.push(11));
  });
  engine.run(100);
  expect(order).toEqual([1, 11]);
});

test("time never runs backwards, and stops at the limit", () => {
  const engine = new Engine();
  engine.schedule(10, () => {});
  engine.run(9);
  expect(engine.events).toBe(0);
  engine.run(10);
  expect(engine.events).toBe(1);
  expect(() => engine.schedule(9, () => {})).toThrow(RangeError);
});

test("a thousand scattered events come out sorted", () => {
  const engine = new Engine();
  const seen: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const at = Math.imul(i, 2_654_435_761) >>> 12;
    engine.schedule(at, () => seen.push(at));
  }
  engine.run(Number.MAX_SAFE_INTEGER);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test("a world that real time drives is as late as it is told, with what was due behind it", () => {
  const engine = new Engine();
  const seen: number[] = [];
  engine.schedule(10, () => seen.push(engine.now));
  engine.schedule(30, () => seen.push(engine.now));
  expect(engine.nextAt).toBe(10);
  engine.advance(20);
  expect([seen, engine.now, engine.nextAt]).toEqual([[10], 20, 30]);
  engine.advance(15);
  expect(engine.now).toBe(20);
  engine.advance(40);
  expect([seen, engine.now, engine.nextAt]).toEqual([[10, 30], 40, undefined]);
});
