import { expect, test } from "vitest";
import type { ResolvedFault } from "#scenarios/air-defaults.ts";
import { FaultPlan, type FaultTarget } from "#sim/fleet/faults.ts";
import { Engine } from "#sim/kernel/engine.ts";

const END = Number.MAX_SAFE_INTEGER;

/** A fleet that notes what befalls it: `id kind [µs] @time`. */
function bench(faults: readonly ResolvedFault[], count: number, { seed = 1, first = 0 } = {}) {
  const engine = new Engine();
  const struck: string[] = [];
  const nodes = Array.from({ length: count }, (_, index): FaultTarget => {
    const id = first + index;
    const note = (what: string) => struck.push(`${id} ${what} @${engine.now}`);
    return {
      id,
      failPower: (forUs) => note(`powerCut ${forUs}`),
      reset: () => note("reset"),
      deafen: (forUs) => note(`deaf ${forUs}`),
      sicken: (kind, times) => note(`${kind} ${times}`),
    };
  });
  const plan = new FaultPlan(faults, nodes, seed, engine);
  const group = nodes.map((node) => ({ node }));
  return { engine, plan, group, struck };
}

const fault = (fields: Partial<ResolvedFault>): ResolvedFault => ({
  kind: "reset",
  share: 1,
  when: { atS: 5 },
  forS: 10,
  times: 1,
  ...fields,
});

/** Devices that a fault at a time hits. */
function hitBy(faults: readonly ResolvedFault[], count: number, options = {}): string[] {
  const { engine, struck } = bench(faults, count, options);
  engine.run(END);
  return struck;
}

test.each<[ResolvedFault["kind"], string]>([
  ["powerCut", "0 powerCut 2500000 @1500000"],
  ["reset", "0 reset @1500000"],
  ["deaf", "0 deaf 2500000 @1500000"],
])("a %s at a time strikes at that time", (kind, expected) => {
  expect(hitBy([fault({ kind, when: { atS: 1.5 }, forS: 2.5 })], 1)).toEqual([expected]);
});

test("a fault at a fragment strikes when that fragment is on the air, and at no other", () => {
  const { engine, plan, group, struck } = bench([fault({ when: { atFragment: 3 } })], 2);
  engine.run(END);
  for (const n of [1, 2, 4, 5]) plan.onFragment(n, group);
  expect(struck).toEqual([]);
  plan.onFragment(3, group);
  expect(struck).toEqual(["0 reset @0", "1 reset @0"]);
});

test("a fragment strikes only the group that it is for", () => {
  const { plan, group, struck } = bench([fault({ when: { atFragment: 3 } })], 4);
  plan.onFragment(3, group.slice(0, 2));
  expect(struck).toEqual(["0 reset @0", "1 reset @0"]);
  plan.onFragment(3, group.slice(2));
  expect(struck.slice(2)).toEqual(["2 reset @0", "3 reset @0"]);
});

test("faults of one fragment strike in the order of the scenario", () => {
  const when = { atFragment: 1 };
  const faults = [
    fault({ kind: "deaf", when }),
    fault({ when }),
    fault({ kind: "powerCut", when }),
  ];
  const { plan, group, struck } = bench(faults, 1);
  plan.onFragment(1, group);
  expect(struck.map((text) => text.split(" ")[1])).toEqual(["deaf", "reset", "powerCut"]);
});

test("share 0 hits no one, share 1 everyone", () => {
  expect(hitBy([fault({ share: 0 })], 5000)).toEqual([]);
  expect(hitBy([fault({ share: 1 })], 5000)).toHaveLength(5000);
});

test.each([0.01, 0.33, 0.5, 0.8])("share %f hits that part of the fleet", (share) => {
  const count = 10_000;
  const hits = hitBy([fault({ share })], count).length;
  const sigma = Math.sqrt(count * share * (1 - share));
  expect(Math.abs(hits - count * share)).toBeLessThan(4 * sigma);
});

test("who is hit is the seed's choice, and the same every time", () => {
  const faults = [fault({ share: 0.5 })];
  expect(hitBy(faults, 200, { seed: 3 })).toEqual(hitBy(faults, 200, { seed: 3 }));
  expect(hitBy(faults, 200, { seed: 3 })).not.toEqual(hitBy(faults, 200, { seed: 4 }));
});

test("shards hit whom the whole fleet hits", () => {
  const faults = [fault({ share: 0.5 })];
  const shards = [0, 50, 100, 150].flatMap((first) => hitBy(faults, 50, { first }));
  expect(shards).toEqual(hitBy(faults, 200));
});

test("a larger share hits all whom the smaller one hit", () => {
  const few = hitBy([fault({ share: 0.2 })], 500);
  const many = new Set(hitBy([fault({ share: 0.4 })], 500));
  expect(few.length).toBeGreaterThan(0);
  expect(few.every((text) => many.has(text))).toBe(true);
});

test("dropping a fault leaves the others as they were", () => {
  const resets = fault({ share: 0.5 });
  const cuts = fault({ kind: "powerCut", share: 0.5 });
  const later = fault({ share: 0.5, when: { atS: 6 } });
  const alone = hitBy([later], 300);
  expect(hitBy([resets, cuts, later], 300).filter((text) => text.endsWith("@6000000"))).toEqual(
    alone,
  );
  expect(hitBy([cuts, later], 300).filter((text) => text.endsWith("@6000000"))).toEqual(alone);
});

test("faults choose independently of each other, even those of one kind and time", () => {
  const count = 4000;
  const pairs = [
    [fault({ share: 0.5 }), fault({ share: 0.5 })],
    [fault({ share: 0.5 }), fault({ share: 0.5, when: { atS: 6 } })],
    [fault({ share: 0.5 }), fault({ kind: "deaf", share: 0.5 })],
  ];
  for (const faults of pairs) {
    const times = new Map<string, number>();
    for (const text of hitBy(faults, count)) {
      const id = text.split(" ")[0] ?? "";
      times.set(id, (times.get(id) ?? 0) + 1);
    }
    const both = [...times.values()].filter((hits) => hits === 2).length;
    // A quarter of 4000, sigma 27.
    expect(Math.abs(both - count / 4)).toBeLessThan(4 * 27.4);
  }
});
