import { afterEach, beforeEach, describe, vi } from "vitest";
import { macRig } from "../../contract/radio/mac-rig.ts";
import { memoryRig } from "../../contract/radio/memory-rig.ts";
import { radioContract } from "../../contract/radio.contract.ts";

/** One contract, on the simulated MAC and on modems of every dialect that is driven. */

radioContract("simulated MAC", async () => macRig());

describe("modems in memory", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  for (const profile of ["rui4_2", "rui3_2", "legacy104", "e5", "classic"] as const) {
    radioContract(profile, async () => memoryRig(profile));
    radioContract(`${profile}, byte by byte`, async () => memoryRig(profile, { chunkBytes: 1 }));
  }
});
