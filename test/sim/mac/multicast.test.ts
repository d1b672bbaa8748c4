import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Crypto } from "#hal/ports.ts";
import { airtimeOfDownlinkUs } from "#sim/air/eu868.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { type OutgoingData, sealData } from "#sim/mac/data-security.ts";
import { EndDeviceMac, type MacEffect, newMacNvm } from "#sim/mac/end-device.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { crypto, Network, S } from "./network.ts";

const mcAddr = 0x01fffffe;
const mcNwkSKey = hex("DA 54 CA 65 D1 78 B0 98 69 55 83 73 C6 DD 96 43");
const mcAppSKey = hex("AD 54 E0 8F A9 FD 78 0B 74 CF A5 CC 2A C0 B4 41");
const keys: SessionKeys = { lorawan: "1.0", nwkSKey: mcNwkSKey, appSKey: mcAppSKey };
const tuning = { frequencyHz: 869_525_000, dr: 3 };

type SetMcGroup = Extract<MacEffect, { type: "setMcGroup" }>;
const setMcGroup = (rest: Partial<SetMcGroup> = {}): SetMcGroup => ({
  type: "setMcGroup",
  groupId: 0,
  mcAddr,
  mcNwkSKey,
  mcAppSKey,
  minMcFCnt: 0,
  maxMcFCnt: 0xffff_ffff,
  nextMcFCnt: 0,
  ...rest,
});

const fragment = hex("08 01 00 00 01 02 03 04 05 06 07 08 09");
function multicast(fCnt: number, rest: Partial<OutgoingData> = {}, with_ = keys): Uint8Array {
  const frame: OutgoingData = {
    direction: "down",
    confirmed: false,
    devAddr: mcAddr,
    adr: false,
    adrAckReq: false,
    ack: false,
    fPending: false,
    fPort: 201,
    fOpts: new Uint8Array(0),
    frmPayload: fragment,
    ...rest,
  };
  return sealData(frame, with_, { fCnt }, crypto);
}

/** A device that listens for its group. */
function listening(group: Partial<SetMcGroup> = {}, network = Network.joined()): Network {
  network.mac.perform(setMcGroup(group));
  network.mac.perform({ type: "startClassC", groupId: group.groupId ?? 0, ...tuning });
  return network;
}

function hear(
  network: Network,
  phyPayload: Uint8Array,
  on = tuning,
): readonly (string | undefined)[] {
  const before = network.events.length;
  network.emitAt(network.engine.now + 1000, { phyPayload, ...on });
  network.run(4);
  return network.events.slice(before).map(({ source }) => source);
}

test("a fragment on the group's channel comes out in clear", () => {
  const network = listening();
  const vector = hex(
    "60 FE FF FF 01 00 00 00 C9 AC 35 C8 64 BD FC C7 AC 98 D8 9E 9C 60 BD DE 9D 1A",
  );
  hear(network, vector);
  expect(network.events).toMatchObject([
    { type: "downlink", fPort: 201, payload: fragment, source: "mc0 0", morePending: false },
  ]);
});

test("a device that never joined hears its groups all the same", () => {
  const network = listening({}, new Network());
  expect(hear(network, multicast(0))).toEqual(["mc0 0"]);
});

describe("frames that are dropped", () => {
  test.each<[why: string, phy: Uint8Array]>([
    ["confirmed", multicast(3, { confirmed: true })],
    ["with MAC commands in FOpts", multicast(3, { fOpts: hex("06") })],
    ["with MAC commands on port 0", multicast(3, { fPort: 0, frmPayload: hex("06") })],
    ["without a port", multicast(3, { fPort: undefined, frmPayload: hex("") })],
    ["with ACK", multicast(3, { ack: true })],
    ["with bit 6 of FCtrl", multicast(3, { adrAckReq: true })],
    ["for another group", multicast(3, { devAddr: mcAddr + 1 })],
    ["uplinks", multicast(3, { direction: "up" })],
    ["under another key", multicast(3, {}, { ...keys, nwkSKey: mcAppSKey })],
    ["with a bit wrong", multicast(3).map((byte, at) => (at === 12 ? byte ^ 1 : byte))],
  ])("%s", (_, phy) => {
    const network = listening();
    expect(hear(network, phy)).toEqual([]);
    expect(hear(network, multicast(3))).toEqual(["mc0 3"]);
  });

  test("every truncation", () => {
    const network = listening();
    const phy = multicast(3);
    for (let length = 0; length < phy.length; length++) {
      expect(hear(network, phy.slice(0, length))).toEqual([]);
    }
    expect(hear(network, phy)).toEqual(["mc0 3"]);
  });
});

describe("counters", () => {
  type Limits = Partial<SetMcGroup>;
  const at = (minMcFCnt: number, maxMcFCnt: number, nextMcFCnt = minMcFCnt): Limits => ({
    minMcFCnt,
    maxMcFCnt,
    nextMcFCnt,
  });
  test.each<[name: string, limits: Limits, sent: number[], taken: number[]]>([
    ["ascending, gaps allowed", {}, [0, 1, 2, 7, 8], [0, 1, 2, 7, 8]],
    ["a repeat and a late one are replays", {}, [4, 4, 3, 5], [4, 5]],
    ["before min", at(100, 200), [99, 0, 100], [100]],
    ["the last one is below max", at(100, 103), [101, 102, 103, 104], [101, 102]],
    ["min equal to max takes none", at(100, 100), [100, 101], []],
    ["not below what was taken before a reboot", at(0, 1000, 50), [49, 50], [50]],
    ["next below min counts as min", at(70, 1000, 50), [60, 70], [70]],
    [
      "over the 16-bit edge",
      at(65_534, 70_000),
      [65_534, 65_535, 65_536],
      [65_534, 65_535, 65_536],
    ],
    [
      "first frame far into the upper half",
      at(0x1_0005, 0xffff_ffff),
      [0x1_0001, 0x1_0005],
      [0x1_0005],
    ],
    [
      "up to the last counter but one",
      at(0xffff_fff0, 0xffff_ffff),
      [0xffff_fffe, 0xffff_ffff],
      [0xffff_fffe],
    ],
    ["65 536 lost in a row cannot be told", {}, [0, 65_537], [0]],
  ])("%s", (_, limits, sent, taken) => {
    const network = listening(limits);
    const heard = sent.flatMap((fCnt) => hear(network, multicast(fCnt)));
    expect(heard).toEqual(taken.map((fCnt) => `mc0 ${fCnt}`));
  });

  test("the vector with FCnt 65537 needs a group that has come that far", () => {
    const phy = hex(
      "60 FE FF FF 01 00 01 00 C9 A0 24 0B F4 7D 95 D6 F2 4E 93 93 22 52 9B 48 E8 1F",
    );
    expect(hear(listening(), phy)).toEqual([]);
    const network = listening({ nextMcFCnt: 2 });
    expect(hear(network, phy)).toEqual(["mc0 65537"]);
    expect(network.events.at(-1)?.payload).toEqual(hex("08 0B 00 26 26 22 22 2E 2E 22 22 26 26"));
  });

  test("setting a group up again forgets its counter", () => {
    const network = listening();
    expect(hear(network, multicast(5))).toEqual(["mc0 5"]);
    network.mac.perform(setMcGroup());
    network.mac.perform({ type: "startClassC", groupId: 0, ...tuning });
    expect(hear(network, multicast(5))).toEqual(["mc0 5"]);
  });
});

describe("windows", () => {
  /** What is done before a frame, and whether the frame is then heard. */
  test.each<[name: string, effects: MacEffect[], heard: boolean]>([
    ["nothing set up", [], false],
    ["group without window", [setMcGroup()], false],
    ["open", [setMcGroup(), { type: "startClassC", groupId: 0, ...tuning }], true],
    [
      "stopped",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "stopClassC", groupId: 0 },
      ],
      false,
    ],
    [
      "started again",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "startClassC", groupId: 0, ...tuning },
      ],
      true,
    ],
    [
      "group deleted",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "deleteMcGroup", groupId: 0 },
      ],
      false,
    ],
    [
      "group set up again closes its window",
      [setMcGroup(), { type: "startClassC", groupId: 0, ...tuning }, setMcGroup()],
      false,
    ],
    [
      "open on another frequency",
      [setMcGroup(), { type: "startClassC", groupId: 0, frequencyHz: 868_100_000, dr: 3 }],
      false,
    ],
    [
      "open at another data rate",
      [setMcGroup(), { type: "startClassC", groupId: 0, frequencyHz: 869_525_000, dr: 0 }],
      false,
    ],
    [
      "another group's window on the same channel is not the group's",
      [
        setMcGroup(),
        setMcGroup({ groupId: 1, mcAddr: 7 }),
        { type: "startClassC", groupId: 1, ...tuning },
      ],
      false,
    ],
    [
      "deleting what is not there",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "deleteMcGroup", groupId: 3 },
        { type: "stopClassC", groupId: 2 },
      ],
      true,
    ],
  ])("%s: %s", (_, effects, heard) => {
    const network = Network.joined();
    for (const effect of effects) network.mac.perform(effect);
    expect(hear(network, multicast(0))).toEqual(heard ? ["mc0 0"] : []);
  });

  test("four groups share one channel, each by its address", () => {
    const network = Network.joined();
    for (const groupId of [0, 1, 2, 3]) {
      network.mac.perform(setMcGroup({ groupId, mcAddr: mcAddr + groupId }));
      network.mac.perform({ type: "startClassC", groupId, ...tuning });
    }
    const heard = [2, 0, 3, 1].flatMap((groupId) =>
      hear(network, multicast(groupId, { devAddr: mcAddr + groupId })),
    );
    expect(heard).toEqual(["mc2 2", "mc0 0", "mc3 3", "mc1 1"]);
  });

  test("two groups of one address are told apart by their keys", () => {
    const network = listening(
      {},
      listening({ groupId: 1, mcNwkSKey: mcAppSKey, mcAppSKey: mcNwkSKey }),
    );
    const swapped: SessionKeys = { lorawan: "1.0", nwkSKey: mcAppSKey, appSKey: mcNwkSKey };
    expect(hear(network, multicast(0, {}, swapped))).toEqual(["mc1 0"]);
    expect(hear(network, multicast(0))).toEqual(["mc0 0"]);
  });

  test("the window opened last has the radio; the one before has it again afterwards", () => {
    const network = listening();
    const other = { frequencyHz: 868_300_000, dr: 5 };
    network.mac.perform(setMcGroup({ groupId: 1, mcAddr: 9 }));
    network.mac.perform({ type: "startClassC", groupId: 1, ...other });
    expect(hear(network, multicast(0))).toEqual([]);
    expect(hear(network, multicast(0, { devAddr: 9 }), other)).toEqual(["mc1 0"]);
    network.mac.perform({ type: "stopClassC", groupId: 1 });
    expect(hear(network, multicast(1))).toEqual(["mc0 1"]);
  });

  test.each([
    ["frequency", { frequencyHz: 868_300_000, dr: 3 }],
    ["data rate", { frequencyHz: 869_525_000, dr: 5 }],
  ])("a frame on the %s of another group's window is not taken", (_, other) => {
    const network = listening();
    network.mac.perform(setMcGroup({ groupId: 1, mcAddr: 9 }));
    network.mac.perform({ type: "startClassC", groupId: 1, ...other });
    expect(hear(network, multicast(0), other)).toEqual([]);
    expect(hear(network, multicast(0, { devAddr: 9 }), other)).toEqual(["mc1 0"]);
  });

  test("a frame that began before the window, or outlasts it, is not heard", () => {
    const network = Network.joined();
    network.mac.perform(setMcGroup());
    const start = (): void => network.mac.perform({ type: "startClassC", groupId: 0, ...tuning });
    network.emitAt(network.engine.now + 1000, { phyPayload: multicast(0), ...tuning });
    network.run(0.05);
    start();
    network.run(4);
    network.emitAt(network.engine.now, { phyPayload: multicast(1), ...tuning });
    network.run(0.05);
    network.mac.perform({ type: "stopClassC", groupId: 0 });
    network.run(4);
    start();
    network.emitAt(network.engine.now, { phyPayload: multicast(2), ...tuning });
    network.run(4);
    expect(network.events.map(({ source }) => source)).toEqual(["mc0 2"]);
  });

  test("a reset forgets groups and windows", () => {
    const network = listening({ groupId: 1, mcAddr: 9 }, listening());
    network.mac.reset();
    expect(hear(network, multicast(0))).toEqual([]);
    network.mac.perform(setMcGroup({ groupId: 2, nextMcFCnt: 4, mcAddr: 11 }));
    network.mac.perform({ type: "startClassC", groupId: 2, ...tuning });
    expect(hear(network, multicast(4, { devAddr: 11 }))).toEqual(["mc2 4"]);
    expect(hear(network, multicast(4))).toEqual([]);
    expect(hear(network, multicast(4, { devAddr: 9 }))).toEqual([]);
  });

  test.each([-1, 4, 0.5])("group %f does not exist: a bug of the device", (groupId) => {
    const { mac } = new Network();
    expect(() => mac.perform(setMcGroup({ groupId }))).toThrow(RangeError);
    expect(() => mac.perform({ type: "startClassC", groupId, ...tuning })).toThrow(RangeError);
  });
});

describe("an uplink of the device's own, while it listens", () => {
  /** A frame of 165 ms at DR3 begins `offsetUs` after the end of a 51 ms uplink. */
  const atOffset = (offsetUs: number, answeredInRx1 = false, on = tuning) => {
    const network = listening();
    network.mac.perform({ type: "startClassC", groupId: 0, ...on });
    network.onUplink = (uplink) => {
      if (answeredInRx1) network.answer(uplink, network.downlink());
    };
    network.toSend.push({ fPort: 1, payload: hex("00 01 02"), confirmed: false });
    network.mac.perform({ type: "requestUplink" });
    network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > 0);
    network.emitAt(network.lastUplink().endUs + offsetUs, { phyPayload: multicast(0), ...on });
    network.run(20);
    return network.count("downlink") === 1;
  };
  const airtimeUs = airtimeOfDownlinkUs(3, multicast(0).length);

  test.each([
    ["overlaps its beginning", -40_000 - airtimeUs, false],
    ["overlaps all of it", -100_000, false],
    ["overlaps its end", -1, false],
    ["begins when it ends", 0, true],
    ["ends before RX1 opens", 1_000_000 - 8192 - airtimeUs, true],
    ["runs into RX1", 1_000_000 - 8191 - airtimeUs, false],
    ["begins in RX1", 1_000_000, false],
    ["begins after RX1", 1_000_000 + 16_384, true],
    ["runs into RX2", 1_900_000, false],
    ["begins in RX2", 2_000_000, false],
    ["begins after RX2", 2_000_000 + 7 * 32_768, true],
  ])("a frame that %s is heard: %s %s", (_, offsetUs, heard) => {
    expect(atOffset(offsetUs)).toBe(heard);
  });

  test("RX2 does not open after an answer in RX1", () => {
    expect(atOffset(2_000_000, true)).toBe(true);
    expect(atOffset(1_000_000, true)).toBe(false);
  });

  test("RX2 on the session's own channel takes nothing away", () => {
    const likeRx2 = { frequencyHz: 869_525_000, dr: 0 };
    expect(atOffset(1_900_000, false, likeRx2)).toBe(true);
    expect(atOffset(2_000_000, false, likeRx2)).toBe(true);
  });

  test("a frame for the group in RX1 of a device that does not listen is not taken", () => {
    const network = Network.joined();
    network.mac.perform(setMcGroup());
    network.onUplink = (uplink) => network.answer(uplink, multicast(0));
    network.exchange(hex("00"));
    expect(network.count("downlink")).toBe(0);
  });
});

test("listening costs reception time, less what is spent transmitting", () => {
  const network = listening();
  const start = network.mac.radioTime(network.engine.now);
  network.run(100);
  const open = network.mac.radioTime(network.engine.now);
  expect(open.rxUs - start.rxUs).toBe(100 * S);
  const from = network.engine.now;
  network.exchange(hex("00"));
  network.mac.perform({ type: "stopClassC", groupId: 0 });
  const closed = network.mac.radioTime(network.engine.now);
  const { startUs, endUs } = network.lastUplink();
  expect(closed.rxUs - open.rxUs).toBe(network.engine.now - from - (endUs - startUs));
  network.run(100);
  expect(network.mac.radioTime(network.engine.now)).toEqual(closed);
});

describe("a fleet with one group", () => {
  class CountingCrypto implements Crypto {
    cmacs = 0;
    aesEncrypt: Crypto["aesEncrypt"] = (...args) => crypto.aesEncrypt(...args);
    aesDecrypt: Crypto["aesDecrypt"] = (...args) => crypto.aesDecrypt(...args);
    hash: Crypto["hash"] = (...args) => crypto.hash(...args);
    hashOf: Crypto["hashOf"] = (...args) => crypto.hashOf(...args);
    verify: Crypto["verify"] = (...args) => crypto.verify(...args);
    aesCmac: Crypto["aesCmac"] = (cmacKey) => {
      this.cmacs += 1;
      return crypto.aesCmac(cmacKey);
    };
  }

  test("each device judges by its own counter", () => {
    const fresh = listening();
    const ahead = listening({ nextMcFCnt: 1 });
    const downlink = { phyPayload: multicast(0), ...tuning, startUs: 1e9, endUs: 1e9 + 1 };
    for (const { mac } of [ahead, fresh, ahead, fresh]) mac.receive(downlink);
    expect(fresh.events.map(({ source }) => source)).toEqual(["mc0 0"]);
    expect(ahead.events).toEqual([]);
  });

  test("derives each frame once, and shares the plaintext", () => {
    const engine = new Engine();
    const counting = new CountingCrypto();
    const payloads = new Set<Uint8Array>();
    let received = 0;
    const fleet = Array.from({ length: 1000 }, (_, device) => {
      const mac = new EndDeviceMac(
        {
          devEui: key8,
          joinEui: key8,
          lorawan: "1.0",
          appKey: mcAppSKey,
          nwkKey: mcAppSKey,
          uplinkDr: 5,
        },
        {
          scheduler: engine,
          crypto: counting,
          entropy: new KeyedEntropy(1, device),
          emit: (event) => {
            if (event.type !== "downlink") return;
            received += 1;
            payloads.add(event.payload);
          },
          transmit: () => {},
        },
        newMacNvm(),
      );
      mac.perform(setMcGroup({ mcNwkSKey: mcNwkSKey.slice(), mcAppSKey: mcAppSKey.slice() }));
      mac.perform({ type: "startClassC", groupId: 0, ...tuning });
      return mac;
    });
    for (let fCnt = 0; fCnt < 3; fCnt++) {
      const downlink: AirDownlink = {
        phyPayload: multicast(fCnt),
        ...tuning,
        startUs: 0,
        endUs: 1,
      };
      for (const mac of fleet) if (mac.hears(downlink)) mac.receive(downlink);
    }
    expect(received).toBe(3000);
    expect(counting.cmacs).toBe(3);
    expect(payloads.size).toBe(3);
  });
});
const key8 = new Uint8Array(8);

test("no bytes make a device throw, and only true frames come through", () => {
  const network = listening({}, Network.joined({ lorawan: "1.1" }));
  network.onUplink = () => {};
  network.toSend.push({ fPort: 1, payload: hex("00"), confirmed: true });
  network.mac.perform({ type: "requestUplink" });
  network.run(60);
  const headers = [
    hex("60 fe ff ff 01"),
    hex("a0 fe ff ff 01"),
    hex("60 34 12 0b 26"),
    hex("a0 34 12 0b 26"),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...headers, hex("20"), hex("00"), hex("")),
      fc.uint8Array({ maxLength: 60, size: "max" }),
      (header, bytes) => {
        const phyPayload = Uint8Array.of(...header, ...bytes);
        network.mac.receive({ phyPayload, ...tuning, startUs: 0, endUs: 1 });
      },
    ),
    { numRuns: 3000, seed: 1 },
  );
  expect(network.count("downlink") + network.count("contact")).toBe(0);
  expect(hear(network, multicast(0))).toEqual(["mc0 0"]);
});
