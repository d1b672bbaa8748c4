import { expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import { csvOf, deviceListOf, mcRootKeyOf } from "#tools/provision/device-list.ts";

const HEX_16 = /^[0-9a-f]{16}$/;
const HEX_32 = /^[0-9a-f]{32}$/;

function listOf(defaults: object, seed = 1) {
  const scenario = resolveScenario({
    name: "a",
    devices: { count: 3, defaults },
    campaign: { redundancyPercent: 10 },
    expect: {},
  });
  return deviceListOf(scenario, seed);
}

test("a 1.0 device has one join key, and a GenAppKey for its multicast keys", () => {
  const [first] = listOf({});
  expect(first).toMatchObject({
    devEui: "02f00a0000000000",
    name: "device 0",
    lorawan: "1.0",
    packages: 1,
    joinEui: expect.stringMatching(HEX_16),
    appKey: expect.stringMatching(HEX_32),
    genAppKey: expect.stringMatching(HEX_32),
  });
  expect(first?.nwkKey).toBe(first?.appKey);
  expect(first?.genAppKey).not.toBe(first?.appKey);
});

test("a 1.1 device has two join keys and no GenAppKey", () => {
  const [first] = listOf({ lorawan: "1.1", packages: "v2" });
  expect(first).toMatchObject({ lorawan: "1.1", packages: 2, genAppKey: "" });
  expect(first?.nwkKey).not.toBe(first?.appKey);
});

test.each([
  ["1.0.3", 1],
  ["1.1", 3],
] as const)(
  "a %s device that does not join has an address and %i network keys",
  (lorawan, keys) => {
    const devices = listOf({ lorawan, activatedBy: "abp", firstDevAddr: "260B00FF" });
    expect(devices.map(({ devAddr }) => devAddr)).toEqual(["260b00ff", "260b0100", "260b0101"]);
    for (const { appSKey, fNwkSIntKey, sNwkSIntKey, nwkSEncKey } of devices) {
      for (const key of [appSKey, fNwkSIntKey, sNwkSIntKey, nwkSEncKey])
        expect(key).toMatch(HEX_32);
      expect(new Set([fNwkSIntKey, sNwkSIntKey, nwkSEncKey]).size).toBe(keys);
    }
    expect(new Set(devices.map(({ appSKey }) => appSKey)).size).toBe(3);
  },
);

test("a device that joins has no session", () => {
  expect(listOf({})[0]).toMatchObject({ activatedBy: "otaa", devAddr: "", appSKey: "" });
});

test("every device has keys of its own, and other ones with another seed", () => {
  const keys = [1, 2].flatMap((seed) => listOf({}, seed).map(({ appKey }) => appKey));
  expect(new Set(keys).size).toBe(6);
});

test("for devices with wrong keys the server has another GenAppKey, so that they still join", () => {
  const [right] = listOf({});
  const [wrong] = listOf({ keys: "wrong" });
  expect(wrong?.appKey).toBe(right?.appKey);
  expect(wrong?.genAppKey).not.toBe(right?.genAppKey);
});

test("CSV has a line of names and a line a device, and quotes what would break it", () => {
  const [device] = listOf({});
  if (device === undefined) throw new RangeError("no device");
  const lines = [...csvOf([device, { ...device, name: 'a "b", c' }])];
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(
    "devEui,joinEui,name,kind,lorawan,unicastClass,packages,appKey,nwkKey,genAppKey,activatedBy,devAddr,appSKey,fNwkSIntKey,sNwkSIntKey,nwkSEncKey\r\n",
  );
  expect(lines[1]).toBe(
    `${device.devEui},${device.joinEui},device 0,device,1.0,A,1,${device.appKey},${device.nwkKey},${device.genAppKey},otaa,,,,,\r\n`,
  );
  expect(lines[2]).toContain(',"a ""b"", c",');
});

/** Zeros, or 0x20 and zeros, enciphered by the key of FIPS 197 appendix B (with openssl). */
test.each([
  ["1.0", { genAppKey: "2b7e151628aed2a6abf7158809cf4f3c" }, "7df76b0c1ab899b33e42f047b91b546f"],
  ["1.1", { appKey: "2b7e151628aed2a6abf7158809cf4f3c" }, "5d1539a60f06115c5b0b01f03e17afd6"],
] as const)("the root of a %s device's multicast keys", (lorawan, keys, expected) => {
  const [device] = listOf({ lorawan });
  if (device === undefined) throw new RangeError("no device");
  expect(mcRootKeyOf({ ...device, ...keys }, new NodeCrypto())).toBe(expected);
});
