import { describe, expect, test } from "vitest";
import { hexOf } from "#sim/fleet/firmware.ts";
import { type DeviceKeys, deviceKeys } from "#sim/fleet/identity.ts";

const shown = (keys: DeviceKeys) =>
  Object.fromEntries(
    Object.entries(keys).map(([name, bytes]: [string, Uint8Array]) => [name, hexOf(bytes)]),
  );

test("the EUIs name a device by its number", () => {
  expect(shown(deviceKeys(1, 0, "1.0"))).toMatchObject({
    devEui: "02f00a0000000000",
    joinEui: "02f00aff00000001",
  });
  expect(hexOf(deviceKeys(1, 0x0102_0304, "1.0").devEui)).toBe("02f00a0001020304");
  expect(hexOf(deviceKeys(99, 999_999, "1.1").devEui)).toBe("02f00a00000f423f");
});

test("EUIs are locally administered, not of a group", () => {
  const { devEui, joinEui } = deviceKeys(1, 5, "1.0");
  for (const eui of [devEui, joinEui]) expect((eui[0] ?? 0) & 0b11).toBe(0b10);
});

test("a 1.0 device has one join key, and its root secret is another", () => {
  const { appKey, nwkKey, rootSecret } = shown(deviceKeys(1, 7, "1.0"));
  expect(nwkKey).toBe(appKey);
  expect(rootSecret).not.toBe(appKey);
});

test("a 1.1 device has two, and its root secret is the AppKey", () => {
  const { appKey, nwkKey, rootSecret } = shown(deviceKeys(1, 7, "1.1"));
  expect(nwkKey).not.toBe(appKey);
  expect(rootSecret).toBe(appKey);
});

test("keys are 16 bytes and EUIs 8", () => {
  const { devEui, joinEui, appKey, nwkKey, rootSecret } = deviceKeys(1, 7, "1.1");
  expect([devEui.length, joinEui.length]).toEqual([8, 8]);
  expect([appKey.length, nwkKey.length, rootSecret.length]).toEqual([16, 16, 16]);
});

describe("what decides a key", () => {
  test("the number and the seed, not the order or the number of devices made", () => {
    const whole = Array.from({ length: 64 }, (_, id) => shown(deviceKeys(5, id, "1.1")));
    const shards = [0, 1, 2].flatMap((shard) =>
      Array.from({ length: 64 }, (_, id) => id)
        .filter((id) => id % 3 === shard)
        .reverse()
        .map((id) => ({ id, keys: shown(deviceKeys(5, id, "1.1")) })),
    );
    expect(shards).toHaveLength(64);
    for (const { id, keys } of shards) expect(keys).toEqual(whole[id]);
  });

  test("no two devices of a fleet, and no two seeds, share one", () => {
    const seen = new Set<string>();
    for (const seed of [0, 1, 2, 4_294_967_295]) {
      for (let id = 0; id < 500; id++) {
        const { appKey, nwkKey } = shown(deviceKeys(seed, id, "1.1"));
        seen.add(appKey ?? "").add(nwkKey ?? "");
      }
    }
    expect(seen.size).toBe(4 * 500 * 2);
  });

  test("a device that moves from 1.0 to 1.1 keeps its AppKey", () => {
    expect(shown(deviceKeys(1, 7, "1.0"))["appKey"]).toBe(shown(deviceKeys(1, 7, "1.1"))["appKey"]);
  });
});

test("keys are pinned: another run of the same seed joins the same network", () => {
  expect(shown(deviceKeys(1, 7, "1.0"))).toMatchInlineSnapshot(`
    {
      "appKey": "83408d3a2a9f7661a140c7bfdcfa7a9a",
      "devEui": "02f00a0000000007",
      "joinEui": "02f00aff00000001",
      "nwkKey": "83408d3a2a9f7661a140c7bfdcfa7a9a",
      "rootSecret": "234a64276f18778cf6fcae9d93b6f3c6",
    }
  `);
});
