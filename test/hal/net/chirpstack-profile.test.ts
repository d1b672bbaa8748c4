import { expect, test } from "vitest";
import { type ProfileFacts, profileOf } from "#hal/net/chirpstack-profile.ts";

const facts: ProfileFacts = {
  tenantId: "t",
  name: "device",
  region: "EU868",
  lorawan: "1.0",
  activatedBy: "otaa",
  unicastClass: "A",
  pingSlots: { periodicity: 3, dr: 5, frequencyHz: 0 },
  rx2: { frequencyHz: 869_525_000, dr: 0 },
  packages: 2,
  uplinkIntervalS: 30,
};

/** `MacVersion` and `RegParamsRevision` of ChirpStack's API: 1.0.0 to 1.0.4 are 0 to 4; A, B, RP002-1.0.0 on. */
test.each([
  ["1.0", 3, 0],
  ["1.0.2", 2, 1],
  ["1.0.3", 3, 0],
  ["1.0.4", 4, 4],
  ["1.1", 5, 0],
] as const)("%s is MAC version %i with regional parameters %i", (lorawan, mac, parameters) => {
  const made = profileOf({ ...facts, lorawan });
  expect([made.getMacVersion(), made.getRegParamsRevision()]).toEqual([mac, parameters]);
});

test("the ports are said: an update would store zeros", () => {
  expect(profileOf(facts).getAppLayerParams()?.toObject()).toEqual({
    ts003Version: 2,
    ts003FPort: 202,
    ts004Version: 2,
    ts004FPort: 201,
    ts005Version: 2,
    ts005FPort: 200,
  });
});

test.each([
  ["A", false, false],
  ["B", true, false],
  ["C", false, true],
] as const)(
  "a device of class %s is told as one",
  (unicastClass, supportsClassB, supportsClassC) => {
    expect(profileOf({ ...facts, unicastClass }).toObject()).toMatchObject({
      supportsClassB,
      supportsClassC,
      classBTimeout: 10,
      classBPingSlotPeriodicity: 3,
      classBPingSlotDr: 5,
      classBPingSlotFreq: 0,
    });
  },
);

test("a device that does not join begins with the windows that the server is told of", () => {
  const made = profileOf({ ...facts, activatedBy: "abp" }).toObject();
  expect(profileOf(facts).getSupportsOtaa()).toBe(true);
  expect(made).toMatchObject({
    supportsOtaa: false,
    abpRx1Delay: 1,
    abpRx1DrOffset: 0,
    abpRx2Dr: 0,
    abpRx2Freq: 869_525_000,
  });
});
