import { describe, expect, test } from "vitest";
import { newMacNvm } from "#sim/mac/end-device.ts";
import { parsePhyPayload } from "#sim/mac/frame.ts";
import { sealJoinAccept } from "#sim/mac/join.ts";
import { hex } from "../../hex.ts";
import { airtimeOfUplinkUs } from "../eu868.ts";
import { crypto, Network, S } from "./network.ts";

const JOIN_REQUEST_BYTES = 23;

function devNonces(network: Network): number[] {
  return network.air.map(({ phyPayload }) => {
    const frame = parsePhyPayload(phyPayload);
    if (frame.type !== "joinRequest") throw new Error(frame.type);
    return frame.devNonce;
  });
}

describe.each(["1.0", "1.0.4", "1.1"] as const)("a %s device", (lorawan) => {
  test.each(["rx1", "rx2"] as const)("joins by an accept in %s and exchanges data", (window) => {
    const network = new Network({ lorawan });
    network.onUplink = (uplink) => network.acceptJoin(uplink, { window });
    network.mac.perform({ type: "join" });
    network.run(60);
    expect(network.events.map(({ type }) => type)).toEqual(["joined"]);
    expect(network.nvm.session).toMatchObject({ devAddr: network.devAddr, keys: network.keys });

    network.onUplink = (uplink) => {
      network.answer(uplink, network.downlink({ fPort: 7, frmPayload: hex("0a 0b") }));
    };
    network.exchange(hex("01 02 03"), { fPort: 200 });
    expect(network.open(network.lastUplink())).toMatchObject({
      frame: { fPort: 200, devAddr: network.devAddr, fCntLow: 0 },
      payload: hex("01 02 03"),
    });
    expect(network.events.slice(1)).toMatchObject([
      { type: "uplinkReady", payloadMaxBytes: lorawan === "1.1" ? 240 : 242 },
      { type: "downlink", fPort: 7, payload: hex("0a 0b"), source: "unicast" },
      { type: "uplinkDone" },
    ]);
  });

  test("repeats lost requests with new nonces until one is answered", () => {
    const network = new Network({ lorawan });
    let requests = 0;
    network.onUplink = (uplink) => {
      requests += 1;
      if (requests === 5) network.acceptJoin(uplink);
    };
    network.mac.perform({ type: "join" });
    network.mac.perform({ type: "join" });
    network.run(600);
    expect(devNonces(network)).toEqual([0, 1, 2, 3, 4]);
    expect(network.count("joined")).toBe(1);
    expect(network.nvm).toMatchObject({ devNonce: 5, joinNonce: 1 });
  });

  test("keeps the session over a reset, and says so when asked to join", () => {
    const network = Network.joined({ lorawan });
    network.mac.reset();
    const nvm = structuredClone(network.nvm);
    const revived = new Network({ lorawan, nvm });
    revived.mac.perform({ type: "join" });
    expect(revived.events).toEqual([]);
    revived.run(1);
    expect(revived.events).toMatchObject([{ type: "joined" }]);
    revived.keys = network.keys;
    revived.exchange(hex("2a"));
    expect(revived.open(revived.lastUplink()).payload).toEqual(hex("2a"));
  });

  test("takes no accept that it has taken before", () => {
    const network = Network.joined({ lorawan });
    network.nvm.session = undefined;
    network.onUplink = (uplink) => {
      network.joinNonce = 0;
      network.acceptJoin(uplink);
    };
    network.mac.perform({ type: "join" });
    network.run(60);
    expect(network.nvm.session).toBeUndefined();
    network.onUplink = (uplink) => {
      network.joinNonce = 1;
      network.acceptJoin(uplink);
    };
    network.run(600);
    expect(network.nvm.session).toBeDefined();
  });
});

test("the first request comes within ten seconds, and not at one moment for a fleet", () => {
  const starts = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const network = new Network({ seed });
    network.mac.perform({ type: "join" });
    network.run(10);
    return network.air[0]?.startUs;
  });
  expect(new Set(starts).size).toBe(8);
  expect(starts).not.toContain(undefined);
});

test.each([0, 3, 5])(
  "unanswered requests at DR%i keep to the duty cycle and fade out",
  (uplinkDr) => {
    const network = new Network({ uplinkDr });
    network.mac.perform({ type: "join" });
    network.run(13 * 3600);
    const airtimeUs = airtimeOfUplinkUs(uplinkDr, JOIN_REQUEST_BYTES);
    const starts = network.air.map(({ startUs }) => startUs);
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100 * airtimeUs);
    const within = (fromS: number, toS: number) =>
      starts.filter((start) => start >= fromS * S && start < toS * S).length * airtimeUs;
    expect(within(0, 3600)).toBeLessThanOrEqual(36 * S + airtimeUs);
    expect(within(3620, 3620 + 36_000)).toBeLessThanOrEqual(36 * S + 2 * airtimeUs);
    expect(starts.length).toBeGreaterThan(10);
    expect(new Set(network.air.map(({ frequencyHz }) => frequencyHz)).size).toBe(3);
    expect(network.events).toEqual([]);
  },
);

test.each(["1.0.2", "1.0.3"] as const)("%s: nonces are drawn, and never run out", (lorawan) => {
  const network = new Network({ lorawan, nvm: { ...newMacNvm(), devNonce: 0x1_0000 } });
  network.mac.perform({ type: "join" });
  network.run(3600);
  const nonces = devNonces(network);
  expect(nonces.length).toBeGreaterThan(10);
  expect(new Set(nonces).size).toBe(nonces.length);
  expect(nonces.some((nonce) => nonce > 0xff)).toBe(true);
  const other = new Network({ lorawan, seed: 2 });
  other.mac.perform({ type: "join" });
  other.run(3600);
  expect(devNonces(other).slice(0, 3)).not.toEqual(nonces.slice(0, 3));
});

test.each([
  ["1.0.3", 3, true],
  ["1.0.3", 5, false],
  ["1.0.4", 3, false],
  ["1.0.4", 6, true],
  ["1.1", 3, false],
] as const)("%s: after JoinNonce 5, %i is taken: %s", (lorawan, joinNonce, isTaken) => {
  const network = new Network({ lorawan, nvm: { ...newMacNvm(), joinNonce: 5 } });
  network.onUplink = (uplink) => network.acceptJoin(uplink, { accept: { joinNonce } });
  network.mac.perform({ type: "join" });
  network.run(60);
  expect(network.nvm.session !== undefined).toBe(isTaken);
});

test("a nonce is used up before its request is on the air: no power cut brings it back", () => {
  const used: number[] = [];
  let { nvm } = new Network();
  for (let life = 0; life < 20; life++) {
    const network = new Network({ nvm: structuredClone(nvm), seed: life });
    network.mac.perform({ type: "join" });
    network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > life % 3);
    used.push(...devNonces(network));
    nvm = network.nvm;
  }
  expect(new Set(used).size).toBe(used.length);
});

test("requests stop when the nonces are used up", () => {
  const network = new Network({ nvm: { ...newMacNvm(), devNonce: 0xffff } });
  network.mac.perform({ type: "join" });
  network.run(3600);
  expect(devNonces(network)).toEqual([0xffff]);
});

test("a reset while joining stops it; joining again goes on counting", () => {
  const network = new Network();
  network.mac.perform({ type: "join" });
  network.run(20);
  const before = network.air.length;
  network.mac.reset();
  network.run(3600);
  expect(network.air.length).toBe(before);
  network.mac.perform({ type: "join" });
  network.run(20);
  expect(devNonces(network).at(-1)).toBe(before);
});

test("the accept's settings and channels hold from then on", () => {
  const network = new Network();
  const cfList = hex("18 4f 84 e8 56 84 b8 5e 84 88 66 84 00 00 00 00");
  network.onUplink = (uplink) => {
    network.acceptJoin(uplink, { accept: { rx1DrOffset: 2, rx2Dr: 3, rxDelayS: 0, cfList } });
  };
  network.mac.perform({ type: "join" });
  network.run(60);
  const hz = network.nvm.session?.channels.map((channel) => channel?.frequencyHz);
  expect(hz?.slice(3)).toEqual([867_100_000, 867_300_000, 867_500_000, 867_700_000, undefined]);

  network.onUplink = (uplink) => {
    const phy = network.downlink({ fPort: 1, frmPayload: hex("01") });
    network.answer(uplink, phy, { window: "rx1", rx1DrOffset: 2 });
  };
  network.exchange(hex("00"));
  network.onUplink = (uplink) => {
    const phy = network.downlink({ fPort: 1, frmPayload: hex("02") });
    network.answer(uplink, phy, { window: "rx2", rx2Dr: 3 });
  };
  network.exchange(hex("00"));
  const heard = network.events.filter(({ type }) => type === "downlink");
  expect(heard.map(({ payload }) => payload)).toEqual([hex("01"), hex("02")]);
});

test.each([
  ["with the masks of a fixed plan", hex("0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 0f 01")],
  ["of a type to come", hex("18 4f 84 e8 56 84 b8 5e 84 88 66 84 00 00 00 02")],
  ["with frequencies out of the band", hex("ff ff ff 01 00 00 00 00 00 00 00 00 00 00 00 00")],
])("a CFList %s adds no channel", (_, cfList) => {
  const network = new Network();
  network.onUplink = (uplink) => network.acceptJoin(uplink, { accept: { cfList } });
  network.mac.perform({ type: "join" });
  network.run(60);
  expect(network.nvm.session?.channels.filter((channel) => channel !== undefined).length).toBe(3);
});

test("a 1.1 device takes a 1.0 server's accept, with 1.0 keys", () => {
  const network = new Network({ lorawan: "1.1" });
  network.onUplink = (uplink) => network.acceptJoin(uplink, { accept: { optNeg: false } });
  network.mac.perform({ type: "join" });
  network.run(60);
  expect(network.nvm.session).toMatchObject({ keys: { lorawan: "1.0" }, rekeyPending: false });
});

describe("accepts that change nothing", () => {
  const stray = (
    name: string,
    make: (network: Network, devNonce: number) => Uint8Array,
    delayUs = 5 * S,
  ) => [name, make, delayUs] as const;
  const accept = {
    joinNonce: 9,
    netId: 1,
    devAddr: 2,
    optNeg: false,
    rx1DrOffset: 0,
    rx2Dr: 0,
    rxDelayS: 1,
    cfList: undefined,
  };
  const seal = (network: Network, devNonce: number, rest = {}, rootKey = network.nwkKey) =>
    sealJoinAccept(
      { ...accept, ...rest },
      { rootKey, joinEui: network.joinEui, devEui: network.devEui, devNonce },
      crypto,
    );

  test.each([
    stray("another device's key", (network, nonce) =>
      seal(network, nonce, {}, hex("00 ".repeat(16))),
    ),
    stray("OptNeg to a 1.0 device", (network, nonce) => seal(network, nonce, { optNeg: true })),
    stray("an RX1DROffset that the region has not", (network, nonce) =>
      seal(network, nonce, { rx1DrOffset: 6 }),
    ),
    stray("an RX2 data rate that the region has not", (network, nonce) =>
      seal(network, nonce, { rx2Dr: 15 }),
    ),
    stray("one bit wrong", (network, nonce) => {
      const phy = seal(network, nonce);
      phy[9] = (phy[9] ?? 0) ^ 1;
      return phy;
    }),
    stray("truncated", (network, nonce) => seal(network, nonce).subarray(0, 16)),
    stray("too early", (network, nonce) => seal(network, nonce), 4.9 * S),
    stray("between the windows", (network, nonce) => seal(network, nonce), 5.5 * S),
  ])("%s", (_, make, delayUs) => {
    const network = new Network();
    network.onUplink = (uplink) => {
      const devNonce = network.air.length - 1;
      network.answer(uplink, make(network, devNonce), { delayUs });
    };
    network.mac.perform({ type: "join" });
    network.run(120);
    expect(network.nvm.session).toBeUndefined();
    expect(network.events).toEqual([]);
    expect(network.air.length).toBeGreaterThan(2);
  });
});
