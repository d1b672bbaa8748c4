import { describe, expect, test } from "vitest";
import type { Deviations } from "#sim/personas/deviations.ts";
import { personas } from "#sim/personas/personas.ts";
import { clockCases } from "./clock-cases.ts";
import type { Cases } from "./deviation-case.ts";
import { fragmentationCases } from "./fragmentation-cases.ts";
import { multicastCases } from "./multicast-cases.ts";
import { personaDevice } from "./persona-device.ts";

/** Every deviation alone, on and off, in exact bytes. */
const cases: Cases<keyof Deviations> = { ...multicastCases, ...fragmentationCases, ...clockCases };

describe.each(Object.entries(cases))("%s", (_key, list) => {
  test.each(list)(
    "$off off, $on on: $does",
    ({ does, base = {}, act, off, on, version = 1, synced, rows }) => {
      const spec = { packages: version === 2 ? "v2" : "v1", chirpstackAnswers: false } as const;
      const options = { synced: synced ?? true, rows: rows ?? 16_383 };
      expect(act(personaDevice(spec, base, options))).toBe(off);
      expect(act(personaDevice(spec, { ...base, ...does }, options))).toBe(on);
    },
  );
});

test("every deviation of every persona is among them", () => {
  const used = personas.flatMap(({ rows }) => rows.flatMap(({ does }) => Object.keys(does)));
  expect(Object.keys(cases)).toEqual(expect.arrayContaining(used));
  expect(used).toEqual(expect.arrayContaining(Object.keys(cases)));
});

test("each can be told from the reference", () => {
  for (const [key, list] of Object.entries(cases)) {
    expect(
      list.some(({ off, on }) => off !== on),
      key,
    ).toBe(true);
  }
});
