import { expect, test } from "vitest";
import type { DeploymentDevice } from "#hal/net/chirpstack-deployments.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { disagreements } from "#tools/fleet/disagreements.ts";

const DEV_EUI = "02f00a0000000001";
const HAPPY: DeploymentDevice = {
  devEui: DEV_EUI,
  isGroupSetUp: true,
  isBlockSetUp: true,
  isSessionSetUp: true,
  isStatusGood: true,
  isComplete: true,
  error: "",
};
const ANSWERED = ["multicast group 0 accepted", "fragmentation session 0 accepted"];

interface Sides {
  readonly state?: DeviceResult["state"];
  readonly did?: readonly string[];
  readonly row?: Partial<DeploymentDevice> | undefined;
}

function said({ state = "updated", did = ANSWERED, ...given }: Sides): readonly string[] {
  const result = {
    devEui: DEV_EUI,
    state,
    reason: state === "updated" ? null : "shortOfRows",
    timeline: did.map((text, at) => ({ atS: at, text })),
  };
  const rows = "row" in given && given.row === undefined ? [] : [{ ...HAPPY, ...given.row }];
  // Of a result, this is all that is looked at.
  return disagreements([result as unknown as DeviceResult], rows).map(({ text }) => text);
}

test.each<[string, Sides, readonly string[]]>([
  ["both say updated", {}, []],
  ["both say no", { state: "failed", row: { isComplete: false } }, []],
  [
    "both say that it refused",
    {
      state: "neverReached",
      did: ["multicast group 0 refused", "fragmentation session 0 refused, errors 0x4"],
      row: { isGroupSetUp: false, isBlockSetUp: false, isComplete: false, error: "refused" },
    },
    [],
  ],
  ["both say no, with an error", { state: "failed", row: { error: "timeout" } }, []],
  ["the server does not know it", { row: undefined }, ["the server has no record of it"]],
  [
    "the server missed its end",
    { row: { isComplete: false, error: "no answer" } },
    ["updated, but not to the server (no answer)"],
  ],
  [
    "the server believes too much",
    { state: "failed" },
    ["complete to the server, but failed, shortOfRows"],
  ],
  [
    "an answer that nobody gave, to the group",
    { did: [ANSWERED[1] ?? ""] },
    ["the server has an McGroupSetupAns it never sent"],
  ],
  [
    "an answer that nobody gave, to the session",
    { did: [ANSWERED[0] ?? ""] },
    ["the server has a FragSessionSetupAns it never sent"],
  ],
  [
    "an answer that the server missed, to the group",
    { state: "failed", row: { isGroupSetUp: false, isComplete: false, error: "timeout" } },
    ["has the multicast group, but not to the server (timeout)"],
  ],
  [
    "an answer that the server missed, to the session",
    { state: "failed", row: { isBlockSetUp: false, isComplete: false } },
    ["has the fragmentation session, but not to the server"],
  ],
])("%s", (_, sides, expected) => {
  expect(said(sides)).toEqual(expected);
});
