import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { World } from "../tools/device/world.ts";

/** Twenty updates, each with the device's process ended at a drawn moment: all end confirmed. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each(Array.from({ length: 20 }, (_, seed) => seed))("seed %i", async (seed) => {
  const world = new World("rui4_2");
  try {
    await world.deploy();
    // From the deployment to well into the trial of the new image.
    const endMs = Date.now() + drawBelow(drawKey(seed, 0, "end"), 0, 3600) * 1000;
    await world.until(() => Date.now() >= endMs || world.isConfirmed);
    await world.stop();
    await world.start();
    await world.until(() => world.isConfirmed);
    expect(world.status?.running.version).toBe("2.0.0+0");
    await world.stop();
  } finally {
    world.remove();
  }
});
