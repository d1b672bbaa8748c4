import { expect, test } from "vitest";
import { gatewaysFor } from "#sim/lns/reach.ts";
import { newServerDevice } from "#sim/server/server-device.ts";
import { provisionOf } from "../server/bench.ts";

test.each<[string, readonly (readonly number[])[], readonly number[]]>([
  ["nobody", [], [0]],
  ["a device that was never heard", [[]], [0]],
  ["one gateway for all", [[1], [1], [1]], [1]],
  ["the one that all are in reach of, not two", [[0, 2], [1, 2], [2]], [2]],
  ["two where one does not do", [[0], [0, 1], [1, 2], [2]], [0, 2]],
  ["the lower number of equals", [[5, 3]], [3]],
  ["whom it can, if one was never heard", [[], [4]], [4]],
])("%s", (_, heardBy, expected) => {
  const devices = heardBy.map((_, index) => newServerDevice(provisionOf(index)));
  const reach = new Map(devices.map((device, index) => [device, new Set(heardBy[index])]));
  expect(gatewaysFor(devices, reach)).toEqual(expected);
});
