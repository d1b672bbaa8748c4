import { describe, expect, test } from "vitest";
import { hex } from "../../hex.ts";
import { Network, S } from "./network.ts";

const types = (network: Network) => network.events.map(({ type }) => type);
const fCnts = (network: Network) => network.air.map((uplink) => network.open(uplink).frame.fCntLow);

describe("the windows of an uplink", () => {
  test.each([
    { name: "RX1", window: "rx1", delayUs: S, heard: true },
    { name: "RX1, 10 ms late", window: "rx1", delayUs: S + 10_000, heard: true },
    { name: "RX1, 11 ms late", window: "rx1", delayUs: S + 11_000, heard: false },
    { name: "RX1, 10 ms early", window: "rx1", delayUs: S - 10_000, heard: true },
    { name: "RX1, 11 ms early", window: "rx1", delayUs: S - 11_000, heard: false },
    { name: "RX2", window: "rx2", delayUs: S, heard: true },
    { name: "RX2, a second late", window: "rx2", delayUs: 2 * S, heard: false },
    { name: "RX1 at RX2's data rate", window: "rx1", delayUs: S, rx1DrOffset: 5, heard: false },
    { name: "RX2 at RX1's data rate", window: "rx2", delayUs: S, rx2Dr: 5, heard: false },
  ] as const)("$name: heard $heard", ({ name: _, heard, ...timing }) => {
    const network = Network.joined();
    network.onUplink = (uplink) => {
      network.answer(uplink, network.downlink({ fPort: 3, frmPayload: hex("11") }), timing);
    };
    network.exchange(hex("00"));
    expect(network.count("downlink")).toBe(heard ? 1 : 0);
  });

  test("an answer in RX1 ends the exchange; silence takes as long as an answer in RX2 might", () => {
    const answered = Network.joined();
    answered.onUplink = (uplink) => answered.answer(uplink, answered.downlink());
    answered.exchange(hex("00"));
    const done = (network: Network) =>
      (network.events.at(-1)?.atUs ?? 0) - network.lastUplink().endUs;
    expect(done(answered)).toBeLessThan(1.1 * S);
    const silent = Network.joined();
    silent.exchange(hex("00"));
    expect(done(silent)).toBe(2 * S + 2_793_472 + 1);
  });

  test("the longest downlink in RX2 still counts", () => {
    const network = Network.joined();
    network.onUplink = (uplink) => {
      const phy = network.downlink({ fPort: 3, frmPayload: new Uint8Array(51) });
      network.answer(uplink, phy, { window: "rx2" });
    };
    network.exchange(hex("00"));
    expect(types(network)).toEqual(["uplinkReady", "downlink", "uplinkDone"]);
  });
});

describe("downlinks", () => {
  test("FPending and what kind of contact it is are told", () => {
    const network = Network.joined();
    const answers = [
      network.downlink({ fPort: 9, frmPayload: hex("aa"), fPending: true }),
      network.downlink({ fPending: true }),
      network.downlink({ fPort: 0, frmPayload: hex("06") }),
      network.downlink({ fPort: 9 }),
    ];
    network.onUplink = (uplink) => network.answer(uplink, answers.shift() ?? hex(""));
    for (let count = 0; count < 4; count++) network.exchange(hex("00"));
    const said = network.events.filter(({ type }) => type === "downlink" || type === "contact");
    expect(said).toMatchObject([
      { type: "downlink", fPort: 9, payload: hex("aa"), morePending: true },
      { type: "contact", morePending: true },
      { type: "contact", morePending: false },
      { type: "downlink", fPort: 9, payload: hex(""), morePending: false },
    ]);
  });

  test.each(["1.0", "1.1"] as const)(
    "%s: no counter is taken twice, gaps and wraps are",
    (lorawan) => {
      const network = Network.joined({ lorawan });
      const received: (number | undefined)[] = [];
      for (const fCnt of [0, 0, 1, 5, 3, 5, 65_535, 65_537, 65_537, 131_000, 4, 200_000]) {
        network.onUplink = (uplink) => {
          const frame = { fPort: 1, frmPayload: Uint8Array.of(fCnt & 0xff) };
          network.answer(uplink, network.downlink(frame, { fCnt }));
        };
        const before = network.count("downlink");
        network.exchange(hex("00"));
        if (network.count("downlink") > before) received.push(fCnt);
      }
      // 200 000 is more than 65 536 ahead of 131 000: its upper half cannot be told
      expect(received).toEqual([0, 1, 5, 65_535, 65_537, 131_000]);
    },
  );

  test.each([
    ["1.0.2", 16_383, true],
    ["1.0.2", 16_384, false],
    ["1.0.3", 16_384, false],
    ["1.0.4", 65_536, true],
    ["1.1", 65_536, true],
  ] as const)("%s: a counter that is %i ahead is taken: %s", (lorawan, ahead, isTaken) => {
    const network = Network.joined({ lorawan });
    for (const fCnt of [10, 10 + ahead]) {
      network.onUplink = (uplink) => {
        network.answer(uplink, network.downlink({ fPort: 1, frmPayload: hex("01") }, { fCnt }));
      };
      network.exchange(hex("00"));
    }
    expect(network.count("downlink")).toBe(isTaken ? 2 : 1);
  });

  test("1.1 counts network and application downlinks apart, 1.0 together", () => {
    const apart = Network.joined({ lorawan: "1.1" });
    apart.onUplink = (uplink) => {
      const frame = { fPort: 1, frmPayload: hex("01") };
      const isFirst = fCnts(apart).length === 1;
      apart.answer(
        uplink,
        isFirst ? apart.downlink({}, { fCnt: 7 }) : apart.downlink(frame, { fCnt: 0 }),
      );
    };
    apart.exchange(hex("00"));
    apart.exchange(hex("00"));
    expect(apart.count("downlink")).toBe(1);
    const together = Network.joined({ lorawan: "1.0" });
    together.onUplink = (uplink) => {
      const frame = { fPort: 1, frmPayload: hex("01") };
      const isFirst = fCnts(together).length === 1;
      together.answer(
        uplink,
        isFirst ? together.downlink({}, { fCnt: 7 }) : together.downlink(frame, { fCnt: 0 }),
      );
    };
    together.exchange(hex("00"));
    together.exchange(hex("00"));
    expect(together.count("downlink")).toBe(0);
  });

  test("counters live in the NVM: a frame taken before a reset is not taken after it", () => {
    const network = Network.joined();
    const phy = network.downlink({ fPort: 1, frmPayload: hex("01") });
    network.onUplink = (uplink) => network.answer(uplink, phy);
    network.exchange(hex("00"));
    network.mac.reset();
    network.exchange(hex("00"));
    expect(network.count("downlink")).toBe(1);
    expect(fCnts(network)).toEqual([0, 1]);
  });

  test.each(["1.0", "1.1"] as const)("%s: a confirmed downlink is acknowledged once", (lorawan) => {
    const network = Network.joined({ lorawan });
    network.onUplink = (uplink) => {
      network.answer(uplink, network.downlink({ confirmed: true, fPort: 1 }, { fCnt: 41 }));
    };
    network.exchange(hex("00"));
    network.onUplink = () => {};
    network.exchange(hex("01"));
    network.exchange(hex("02"));
    const confFCnts = [0, 41, 0];
    const acks = network.air.map(
      (uplink, index) => network.open(uplink, { confFCnt: confFCnts[index] ?? 0 }).frame.ack,
    );
    expect(acks).toEqual([false, true, false]);
  });
});
