import { describe, expect, test } from "vitest";
import { Bench, NET_ID, provisionOf, S } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

describe.each(["1.0", "1.1"] as const)("a %s device", (lorawan) => {
  const provisioned = provisionOf(1, { lorawan });

  test("is accepted five seconds after its request, and the session works", () => {
    const bench = new Bench();
    const device = new FakeDevice(bench, provisioned);
    bench.run(3);
    expect(device.join()).toMatchObject({
      joinNonce: 1,
      netId: NET_ID,
      optNeg: lorawan === "1.1",
      rx1DrOffset: 0,
      rx2Dr: 0,
      rxDelayS: 1,
      cfList: undefined,
    });
    expect(bench.requests).toMatchObject([
      { dr: 5, frequencyHz: 868_100_000, timing: { type: "at", us: 8 * S } },
    ]);
    device.send({ fPort: 9, payload: Uint8Array.of(1, 2, 3) });
    expect(bench.heard).toEqual([
      { device: device.onServer, fPort: 9, payload: Uint8Array.of(1, 2, 3) },
    ]);
  });

  test("is accepted in the second window when the gateway cannot serve the first", () => {
    const bench = new Bench();
    const device = new FakeDevice(bench, provisioned);
    bench.sends = ({ frequencyHz }) => frequencyHz === 869_525_000;
    expect(device.join()).toBeDefined();
    expect(bench.requests.at(-1)).toMatchObject({
      dr: 0,
      frequencyHz: 869_525_000,
      timing: { type: "at", us: 6 * S },
    });
    expect(bench.requests).toHaveLength(2);
  });

  test("is not accepted twice with one DevNonce, and keeps the session it has", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    device.devNonce = 0;
    expect(device.join()).toBeUndefined();
    device.send({ fPort: 9 });
    expect(bench.heard).toHaveLength(1);
  });

  test("may use DevNonces in any order, each once", () => {
    const bench = new Bench();
    const device = new FakeDevice(bench, provisioned);
    const isAccepted = [65_535, 7, 0, 7, 65_535].map((devNonce) => {
      device.devNonce = devNonce;
      return device.join() !== undefined;
    });
    expect(isAccepted).toEqual([true, true, true, false, false]);
  });

  test("that joins again has another address, keys and counters; the old ones are dead", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisioned);
    device.send({ payload: Uint8Array.of(1) });
    const ofOldSession = device.seal({ fCnt: 5 });
    const before = device.onServer.session?.devAddr;

    expect(device.join()).toMatchObject({ joinNonce: 2 });
    expect(device.onServer.session).toMatchObject({
      nextFCntUp: 0,
      nextNFCntDown: 0,
      nextAFCntDown: 0,
    });
    expect(device.onServer.session?.devAddr).not.toBe(before);
    bench.receive(ofOldSession);
    device.send({ fCnt: 0, payload: Uint8Array.of(2) });
    expect(bench.heard.map(({ payload }) => payload[0])).toEqual([1, 2]);
  });

  test.each([
    ["a wrong MIC", { key: new Uint8Array(16) }],
    ["another JoinEUI", { joinEui: new Uint8Array(8) }],
    ["an unknown DevEUI", { devEui: new Uint8Array(8) }],
  ])("is ignored with %s, and its DevNonce stays good", (_, fields) => {
    const bench = new Bench();
    const device = new FakeDevice(bench, provisioned);
    expect(bench.receive(device.joinRequest(fields))).toEqual([]);
    expect(device.onServer).toMatchObject({ session: undefined, joinNonce: 0 });
    expect(device.join()).toMatchObject({ joinNonce: 1 });
  });

  test("is ignored when any bit of its request is wrong", () => {
    const bench = new Bench();
    const device = new FakeDevice(bench, provisioned);
    const good = device.joinRequest();
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(bench.receive(bad), `bit ${bit}`).toEqual([]);
    }
    for (let length = 0; length < good.length; length++) {
      expect(bench.receive(good.subarray(0, length)), `${length} bytes`).toEqual([]);
    }
    expect(bench.receive(good)).toHaveLength(1);
  });
});

test("a DevEUI is provisioned once", () => {
  const bench = new Bench();
  bench.server.provision(provisionOf(1));
  expect(() => bench.server.provision(provisionOf(1))).toThrow(RangeError);
});

test("no device gets the address of a group, nor a group that of a device or of a group", () => {
  const draws = [7, 7, 8, 7, 8, 9, 9, 10];
  const bench = new Bench({ entropy: { below: () => draws.shift() ?? 0 } });
  const groups = [bench.server.newMcAddr(), bench.server.newMcAddr()];
  const device = new FakeDevice(bench, provisionOf(1)).join()?.devAddr;
  expect([...groups, device]).toEqual([0x2600_0007, 0x2600_0008, 0x2600_0009]);
  expect(bench.server.newMcAddr()).toBe(0x2600_000a);
});

test("drawing the address of a group leaves those of the devices as they are", () => {
  const addressIn = (groups: number) => {
    const bench = new Bench();
    for (let group = 0; group < groups; group++) bench.server.newMcAddr();
    return new FakeDevice(bench, provisionOf(1)).join()?.devAddr;
  };
  expect(addressIn(3)).toBe(addressIn(0));
});

test("addresses are of the network and unique, whatever the draws are", () => {
  const draws = [5, 5, 5, 2 ** 25 - 1];
  const bench = new Bench({ entropy: { below: () => draws.shift() ?? 0 } });
  const addresses = [1, 2, 3].map(
    (index) => new FakeDevice(bench, provisionOf(index)).join()?.devAddr,
  );
  expect(addresses).toEqual([0x2600_0005, 0x27ff_ffff, 0x2600_0000]);
});

test("the address of a session that is over is free again", () => {
  const draws = [5, 6, 5];
  const bench = new Bench({ entropy: { below: () => draws.shift() ?? 0 } });
  const device = new FakeDevice(bench, provisionOf(1));
  const addresses = [device, device, new FakeDevice(bench, provisionOf(2))].map(
    (joining) => joining.join()?.devAddr,
  );
  expect(addresses).toEqual([0x2600_0005, 0x2600_0006, 0x2600_0005]);
});
