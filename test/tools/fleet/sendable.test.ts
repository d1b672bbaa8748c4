import { expect, test } from "vitest";
import type { DownlinkItemFacts, DownlinkTiming } from "#hal/gateway-port.ts";
import { isSendable } from "#tools/fleet/sendable.ts";

const ITEM: DownlinkItemFacts = {
  phyPayload: new Uint8Array(255),
  frequencyHz: 869_525_000,
  rate: { sf: 12, bandwidthHz: 125_000 },
  timing: { type: "immediately" },
};
const at = (timing: DownlinkTiming) => ({ timing });
const sendable = (item: Partial<DownlinkItemFacts>, count = 1, downlinkId = 1) =>
  isSendable({ downlinkId, items: Array.from({ length: count }, () => ({ ...ITEM, ...item })) });

test.each<[string, Partial<DownlinkItemFacts>, boolean]>([
  ["the longest frame", {}, true],
  ["an empty frame", { phyPayload: new Uint8Array(0) }, true],
  ["no LoRa", { rate: undefined }, true],
  ["a longer frame", { phyPayload: new Uint8Array(256) }, false],
  ["a frequency below nothing", { frequencyHz: -1 }, false],
  ["a spreading factor of a half", { rate: { sf: 7.5, bandwidthHz: 125_000 } }, false],
  ["a bandwidth without bound", { rate: { sf: 7, bandwidthHz: 2 ** 33 } }, false],
  ["after an uplink", at({ type: "delay", counter: 2 ** 32 - 1, delayUs: 1e6 }), true],
  ["before an uplink", at({ type: "delay", counter: 5, delayUs: -1 }), false],
  ["years after an uplink", at({ type: "delay", counter: 5, delayUs: 2 ** 41 }), false],
  ["a counter", at({ type: "counter", counter: 0 }), true],
  ["a counter beyond its bits", at({ type: "counter", counter: 2 ** 32 }), false],
  ["GPS time", at({ type: "gps", gpsUs: 1.4e15 }), true],
  ["a fraction of a microsecond", at({ type: "gps", gpsUs: 0.5 }), false],
  ["no time at all", at({ type: "gps", gpsUs: Number.NaN }), false],
  ["a time that no double counts", at({ type: "gps", gpsUs: 2 ** 53 }), false],
])("%s", (_, item, expected) => {
  expect(sendable(item)).toBe(expected);
});

test("a downlink has a number of 32 bits and no more than 256 ways", () => {
  expect([0, 256, 257].map((count) => sendable({}, count))).toEqual([true, true, false]);
  expect(sendable({}, 1, 2 ** 32)).toBe(false);
});
