import { describe, expect, test } from "vitest";
import { hex } from "../../hex.ts";
import { airtimeOfUplinkUs, maxPayloadBytes } from "../eu868.ts";
import { Network, S } from "./network.ts";

const types = (network: Network) => network.events.map(({ type }) => type);
const fCnts = (network: Network) => network.air.map((uplink) => network.open(uplink).frame.fCntLow);

describe("an uplink", () => {
  test("is offered once it was asked for, and never within the asking", () => {
    const network = Network.joined();
    network.mac.perform({ type: "requestUplink" });
    network.mac.perform({ type: "requestUplink" });
    expect(network.events).toEqual([]);
    network.run(60);
    expect(types(network)).toEqual(["uplinkReady"]);
    expect(network.air).toEqual([]);
  });

  test("asked for before the join is offered after it", () => {
    const network = new Network();
    network.mac.perform({ type: "requestUplink" });
    network.run(30);
    expect(network.events).toEqual([]);
    network.onUplink = (uplink) => network.acceptJoin(uplink);
    network.mac.perform({ type: "join" });
    network.run(60);
    expect(types(network)).toEqual(["joined", "uplinkReady"]);
  });

  test.each([0, 1, 2, 3, 4, 5])("at DR%i may be as long as the region allows", (uplinkDr) => {
    const network = Network.joined({ uplinkDr });
    const bytes = maxPayloadBytes(uplinkDr);
    network.exchange(new Uint8Array(bytes));
    expect(network.events[0]).toMatchObject({ type: "uplinkReady", payloadMaxBytes: bytes });
    const { phyPayload, dr, startUs, endUs } = network.lastUplink();
    expect(phyPayload.length).toBe(bytes + 13);
    expect(dr).toBe(uplinkDr);
    expect(endUs - startUs).toBe(airtimeOfUplinkUs(uplinkDr, bytes + 13));
  });

  test.each([
    ["without uplinkReady", { fPort: 1, payload: hex("00"), confirmed: false }],
    ["too long", { fPort: 1, payload: new Uint8Array(243), confirmed: false }],
    ["on port 0", { fPort: 0, payload: hex("00"), confirmed: false }],
  ])("%s is a bug of the device", (name, uplink) => {
    const network = Network.joined();
    const send = () => network.mac.perform({ type: "uplink", ...uplink });
    if (name === "without uplinkReady") {
      expect(send).toThrow(RangeError);
      return;
    }
    network.onEvent = () => expect(send).toThrow(RangeError);
    network.mac.perform({ type: "requestUplink" });
    network.run(60);
    expect(types(network)).toEqual(["uplinkReady"]);
  });

  test("one offer takes one uplink", () => {
    const network = Network.joined();
    const uplink = { type: "uplink", fPort: 1, payload: hex("00"), confirmed: false } as const;
    network.onEvent = ({ type }) => {
      if (type !== "uplinkReady") return;
      network.mac.perform(uplink);
      expect(() => network.mac.perform(uplink)).toThrow(RangeError);
    };
    network.mac.perform({ type: "requestUplink" });
    network.run(60);
    expect(network.air.length).toBe(1);
  });

  test("the payload is the MAC's own once given", () => {
    const network = Network.joined();
    const payload = hex("01 02");
    network.onUplink = () => payload.fill(0xff);
    network.exchange(payload, { confirmed: true });
    expect(network.air.length).toBe(8);
    for (const uplink of network.air) expect(network.open(uplink).payload).toEqual(hex("01 02"));
  });
});

test("uplinks asked for one after the other keep to 1 % and use every channel", () => {
  const network = Network.joined();
  for (let count = 0; count < 40; count++) network.exchange(new Uint8Array(20));
  expect(fCnts(network)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  const airtimeUs = airtimeOfUplinkUs(5, 33);
  const starts = network.air.map(({ startUs }) => startUs);
  for (const [index, start] of starts.slice(1).entries()) {
    expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(100 * airtimeUs);
  }
  expect(new Set(network.air.map(({ frequencyHz }) => frequencyHz)).size).toBe(3);
});

test("channels of another sub-band are used while the first one rests", () => {
  const network = new Network();
  const cfList = hex("18 4f 84 e8 56 84 b8 5e 84 88 66 84 58 6e 84 00");
  network.onUplink = (uplink) => network.acceptJoin(uplink, { accept: { cfList } });
  network.mac.perform({ type: "join" });
  network.run(60);
  network.onUplink = () => {};
  network.air.splice(0);
  for (let count = 0; count < 20; count++) network.exchange(new Uint8Array(200));
  const [first, last] = [network.air[0], network.air.at(-1)];
  const spanUs = (last?.startUs ?? 0) - (first?.startUs ?? 0);
  const airtimeUs = airtimeOfUplinkUs(5, 213);
  expect(spanUs).toBeLessThan(11 * 100 * airtimeUs);
  expect(spanUs).toBeGreaterThanOrEqual(9 * 100 * airtimeUs);
  expect(network.air.some(({ frequencyHz }) => frequencyHz < 868_000_000)).toBe(true);
});

describe.each(["1.0", "1.0.2", "1.0.3"] as const)(
  "a confirmed uplink of a %s device",
  (lorawan) => {
    test("is sent eight times, 1 to 3 s after its windows, with one counter", () => {
      const network = Network.joined({ lorawan });
      network.exchange(hex("2a"), { confirmed: true });
      expect(fCnts(network)).toEqual(new Array(8).fill(0));
      expect(types(network)).toEqual(["uplinkReady", "uplinkDone"]);
      const windowsUs = 2 * S + 2_793_473;
      const pauses = network.air
        .slice(1)
        .map(({ startUs }, index) => startUs - (network.air[index]?.endUs ?? 0) - windowsUs);
      for (const pause of pauses) {
        expect(pause).toBeGreaterThanOrEqual(S);
        expect(pause).toBeLessThanOrEqual(3 * S);
      }
      expect(new Set(pauses).size).toBe(7);
      network.exchange(hex("2b"));
      expect(fCnts(network).at(-1)).toBe(1);
    });

    test("is done when it is acknowledged", () => {
      const network = Network.joined({ lorawan });
      network.onUplink = (uplink) => {
        if (network.air.length < 3) return;
        const { fCntLow } = network.open(uplink).frame;
        network.answer(uplink, network.downlink({ ack: true }, { confFCnt: fCntLow }));
      };
      network.exchange(hex("2a"), { confirmed: true });
      expect(network.air.length).toBe(3);
      expect(types(network)).toEqual(["uplinkReady", "contact", "uplinkDone"]);
    });

    test("is not done by a downlink that acknowledges nothing", () => {
      const network = Network.joined({ lorawan });
      network.onUplink = (uplink) => {
        if (network.air.length > 1) return;
        network.answer(uplink, network.downlink({ fPort: 4, frmPayload: hex("01") }));
      };
      network.exchange(hex("2a"), { confirmed: true });
      expect(network.air.length).toBe(8);
      expect(network.count("downlink")).toBe(1);
      expect(network.count("uplinkDone")).toBe(1);
    });

    test("is abandoned by a reset, at any moment", () => {
      for (const seconds of [0.01, 0.5, 1.0, 2.5, 5.2, 7, 20]) {
        const network = Network.joined({ lorawan });
        network.toSend.push({ fPort: 1, payload: hex("2a"), confirmed: true });
        network.mac.perform({ type: "requestUplink" });
        network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > 0);
        network.run(seconds);
        const sent = network.air.length;
        network.mac.reset();
        network.run(600);
        expect(network.air.length).toBe(sent);
        expect(network.count("uplinkDone")).toBe(0);
      }
    });
  },
);

describe.each(["1.0.4", "1.1"] as const)("a confirmed uplink of a %s device", (lorawan) => {
  const joined = (nbTrans: number) => {
    const network = Network.joined({ lorawan });
    if (network.nvm.session !== undefined) network.nvm.session.nbTrans = nbTrans;
    return network;
  };

  test.each([1, 3, 15])("is sent NbTrans times: %i", (nbTrans) => {
    const network = joined(nbTrans);
    network.exchange(hex("2a"), { confirmed: true });
    expect(fCnts(network)).toEqual(new Array(nbTrans).fill(0));
    expect(types(network)).toEqual(["uplinkReady", "uplinkDone"]);
  });

  test.each([
    ["an acknowledgement", true],
    ["any other downlink", false],
  ])("is repeated no more after %s", (_, ack) => {
    const network = joined(5);
    network.onUplink = (uplink) => {
      if (network.air.length < 2) return;
      network.answer(uplink, network.downlink({ ack }, { confFCnt: ack ? 0 : 7 }));
    };
    network.exchange(hex("2a"), { confirmed: true });
    expect(network.air.length).toBe(2);
    expect(types(network)).toEqual(["uplinkReady", "contact", "uplinkDone"]);
  });
});

test.each([
  ["1.0", 242],
  ["1.0.3", 242],
  ["1.0.4", 222],
] as const)("%s: DR4 of EU868 has room for %i bytes", (lorawan, bytes) => {
  const network = Network.joined({ lorawan, uplinkDr: 4 });
  network.exchange(hex("00"));
  expect(network.events[0]).toMatchObject({ type: "uplinkReady", payloadMaxBytes: bytes });
});

test("a 1.1 device says RekeyInd until the server confirms", () => {
  const network = Network.joined({ lorawan: "1.1" });
  const rekeys = () =>
    network.air.map((uplink) =>
      network.open(uplink).commands.some(({ name }) => name === "RekeyInd"),
    );
  network.exchange(hex("00"));
  network.exchange(hex("00"));
  network.onUplink = (uplink) => {
    const commands = [{ name: "RekeyConf", serverVersion: { minor: 1 } }] as const;
    network.answer(uplink, network.downlink({ commands }));
  };
  network.exchange(hex("00"));
  network.onUplink = () => {};
  network.exchange(hex("00"));
  expect(rekeys()).toEqual([true, true, true, false]);
});

test("a device that is rebooted by what it hears finishes nothing of its former life", () => {
  const network = Network.joined();
  network.onUplink = (uplink) => network.answer(uplink, network.downlink({ fPort: 1 }));
  network.onEvent = ({ type }) => {
    if (type === "downlink") network.mac.reset();
  };
  network.toSend.push({ fPort: 1, payload: hex("00"), confirmed: false });
  network.mac.perform({ type: "requestUplink" });
  network.run(600);
  expect(types(network)).toEqual(["uplinkReady", "downlink"]);
});

test("time at the radio: an uplink, its windows, and an answer", () => {
  const silent = Network.joined();
  const start = silent.mac.radioTime(silent.engine.now);
  silent.exchange(new Uint8Array(20));
  const time = silent.mac.radioTime(silent.engine.now);
  expect(time.txUs - start.txUs).toBe(airtimeOfUplinkUs(5, 33));
  // RX1 listens for 24 symbols of SF7, RX2 for 6 of SF12
  expect(time.rxUs - start.rxUs).toBe(24 * 1024 + 6 * 32_768);
  expect(time.standbyUs - start.standbyUs).toBeGreaterThan(1.9 * S);
  expect(time.standbyUs - start.standbyUs).toBeLessThan(2.1 * S);
  const joules = silent.mac.energyJ(silent.engine.now, 0);
  silent.run(3600);
  expect(silent.mac.energyJ(silent.engine.now, 0) - joules).toBeCloseTo(3.3 * 1.5e-6 * 3600, 9);
});
