import { describe, test } from "vitest";
import { ptyRig } from "../../contract/radio/pty-rig.ts";
import { wholeContract } from "../../contract/radio.contract.ts";

/** The contract through the kernel and the port library; `npm run soak` has it in real time. */

describe.concurrent("the whole contract on a pseudo-terminal", () => {
  test.each(["rui4_2", "e5", "classic"] as const)(
    "%s",
    async (profile) => {
      const rig = await ptyRig(profile, 4);
      try {
        await wholeContract(rig);
      } finally {
        await rig.close();
      }
    },
    120_000,
  );
});
