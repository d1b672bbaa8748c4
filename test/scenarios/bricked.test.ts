import { expect, test } from "vitest";
import { evaluate } from "#tools/report/expectations.ts";
import { brick } from "./campaign-story.ts";

test("a device with nothing left to boot is bricked, and fails the run unless that is expected", () => {
  const device = brick({ packages: "v2", granuleBytes: 8 });
  expect(device).toMatchObject({ state: "bricked", reason: "bricked", bootedVersion: "" });
  expect(device.timeline.at(-1)?.text).toBe("bricked: nothing bootable");
  const verdict = { name: "bricked", expected: 0, actual: 1, ok: false };
  expect(evaluate({ failed: 0 }, [device], 1).filter(({ ok }) => !ok)).toEqual([verdict]);
  expect(evaluate({ bricked: 1 }, [device], 1).every(({ ok }) => ok)).toBe(true);
  const whole = { ...device, state: "updated" } as const;
  expect(evaluate({ failed: 0 }, [whole], 1).map(({ name }) => name)).toEqual(["failed"]);
});
