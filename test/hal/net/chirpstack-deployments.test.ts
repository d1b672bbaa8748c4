import { expect, test } from "vitest";
import { type DeploymentFacts, deploymentOf } from "#hal/net/chirpstack-deployments.ts";

const facts: DeploymentFacts = {
  applicationId: "a",
  deviceProfileId: "p",
  name: "n",
  devEuis: [],
  gatewayIds: [],
  dr: 3,
  frequencyHz: 869_525_000,
  timeoutExponent: 2,
  pingPeriodicity: undefined,
  maxRetries: 5,
  fragSize: 50,
  redundancyPercent: 40,
  blockAckDelay: 1,
  descriptor: Uint8Array.of(1, 2, 3, 4),
  requestStatus: "afterSessionTimeout",
  payload: Uint8Array.of(9),
};

/** `MulticastGroupType` of ChirpStack's API: class C is 0, class B 1. */
test.each([
  [undefined, 0, 0],
  [0, 1, 0],
  [5, 1, 5],
])("ping slots of periodicity %s: group type %i", (pingPeriodicity, type, periodicity) => {
  expect(deploymentOf({ ...facts, pingPeriodicity }).toObject()).toMatchObject({
    multicastGroupType: type,
    multicastClassBPingSlotPeriodicity: periodicity,
    multicastTimeout: 2,
    multicastDr: 3,
    multicastFrequency: 869_525_000,
  });
});
