import { describe, test } from "vitest";
import { ptyRig } from "../contract/radio/pty-rig.ts";
import { wholeContract } from "../contract/radio.contract.ts";

/** The contract in real time: windows open after seconds, frames take their time on the air and the line. */

describe.concurrent("the whole contract on a pseudo-terminal", () => {
  test.each(["rui4_2", "rui3_2", "e5", "classic"] as const)(
    "%s",
    async (profile) => {
      const rig = await ptyRig(profile);
      try {
        await wholeContract(rig);
      } finally {
        await rig.close();
      }
    },
    280_000,
  );
});
