import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProfileName } from "#sim/modem/profiles.ts";
import { NB_FRAG, World } from "./world.ts";

/** A whole update of a device on a modem, in virtual time: driver, modem, air, server, flash file. */

const worlds: World[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  for (const world of worlds.splice(0)) world.remove();
});

function worldOf(profile: ProfileName): World {
  const world = new World(profile);
  worlds.push(world);
  return world;
}

describe("100 fragments, one in five lost, in class C", () => {
  test(`there are ${NB_FRAG} of them`, () => expect(NB_FRAG).toBeGreaterThanOrEqual(100));

  test.each(["rui4_2", "rui3_2", "e5"] as const)(
    "%s ends confirmed",
    async (profile) => {
      const world = worldOf(profile);
      await world.deploy();
      await world.until(() => world.isConfirmed);
      // The status is asked once, and request or answer may be among the lost.
      const { errorMsg = "" } = world.campaign.rows[0] ?? {};
      expect(["", "FragStatusReq timeout."]).toContain(errorMsg);
      await world.stop();
    },
    120_000,
  );
});

test("a process that ends in the session goes on where it was", async () => {
  const world = worldOf("rui4_2");
  await world.deploy();
  await world.until(() => world.received >= 40);
  await world.stop();
  await world.start();
  await world.until(() => world.heard("resumed with 4"));
  await world.until(() => world.isConfirmed);
  await world.stop();
}, 120_000);

test("a modem that is unplugged for a while costs the fragments of that while", async () => {
  const world = worldOf("rui4_2");
  await world.deploy();
  await world.until(() => world.received >= 30);
  world.unplug();
  await world.until(() => world.said.filter((text) => text.startsWith("modem rui3")).length === 2);
  await world.until(() => world.isConfirmed);
  expect(world.heard("unplugged; looking for it")).toBe(true);
  await world.stop();
}, 120_000);

test("an image that fails its self-test every time is rolled back", async () => {
  const world = worldOf("rui4_2");
  world.selfTests = [false, false, false];
  await world.deploy();
  await world.until(
    () => world.said.filter((text) => text.includes("self-test failed")).length === 3,
  );
  await world.until(() => world.status !== undefined);
  expect(world.status?.running.version).toBe("1.0.0+0");
  await world.stop();
}, 120_000);
