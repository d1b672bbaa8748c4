import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Patience } from "#tools/pull/ending.ts";
import { UntoldDevices } from "#tools/pull/untold-devices.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const QUIET_MS = 1000;

function fleetOf(count: number) {
  const untold = new UntoldDevices(QUIET_MS);
  const devices = Array.from({ length: count }, () => untold.join());
  const ended: number[] = [];
  const at = (index: number) => devices[index] as Patience;
  return {
    ended,
    wait: (index: number) => at(index).wait(() => ended.push(index)),
    offered: (index: number) => at(index).offered(),
    leave: (index: number) => untold.leave(at(index)),
  };
}

test("nobody was offered anything: it ends when the last one has heard so", () => {
  const { ended, wait } = fleetOf(2);
  wait(0);
  vi.advanceTimersByTime(100 * QUIET_MS);
  expect(ended).toEqual([]);
  wait(1);
  expect(ended).toEqual([0, 1]);
});

test("as long as another one is at work, and a while after that", () => {
  const { ended, wait, offered, leave } = fleetOf(3);
  offered(0);
  wait(1);
  wait(2);
  vi.advanceTimersByTime(100 * QUIET_MS);
  expect(ended).toEqual([]);
  leave(0);
  vi.advanceTimersByTime(QUIET_MS - 1);
  wait(1);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual([1, 2]);
});

test("an offer in that while: it begins anew after it", () => {
  const { ended, wait, offered, leave } = fleetOf(3);
  offered(0);
  leave(0);
  wait(1);
  wait(2);
  vi.advanceTimersByTime(QUIET_MS - 1);
  offered(1);
  vi.advanceTimersByTime(QUIET_MS);
  leave(1);
  vi.advanceTimersByTime(QUIET_MS - 1);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual([2]);
});

test("nothing is left behind", () => {
  const { wait, offered, leave } = fleetOf(2);
  offered(0);
  leave(0);
  wait(1);
  leave(1);
  wait(1);
  expect(vi.getTimerCount()).toBe(0);
});
