import { expect, test } from "vitest";
import { RateLimits } from "#sim/server/thingsboard/rate-limit.ts";

const S = 1_000_000;
const limits = () => new RateLimits<object>({ requests: 3, seconds: 30 });

test("full at first, filled again at an even pace, and never more than full", () => {
  const [all, device] = [limits(), {}];
  const take = (atS: number, times: number) =>
    Array.from({ length: times }, () => all.take(device, atS * S));
  expect(take(0, 4)).toEqual([true, true, true, false]);
  expect(take(9, 1)).toEqual([false]);
  expect(take(10, 2)).toEqual([true, false]);
  expect(take(3600, 4)).toEqual([true, true, true, false]);
});

test("each device has its own", () => {
  const all = limits();
  const [one, other] = [{}, {}];
  for (let times = 0; times < 3; times++) all.take(one, 0);
  expect([all.take(one, 0), all.take(other, 0)]).toEqual([false, true]);
});

test("none: as often as anybody likes", () => {
  const all = new RateLimits<object>(undefined);
  const device = {};
  expect(Array.from({ length: 100 }, () => all.take(device, 0)).every(Boolean)).toBe(true);
});
