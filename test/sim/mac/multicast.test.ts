import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Crypto } from "#hal/ports.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { EndDeviceMac, newMacNvm } from "#sim/mac/end-device.ts";
import { hex } from "../../hex.ts";
import { IN_EU868 } from "../eu868.ts";
import {
  fragment,
  hear,
  listening,
  mcAddr,
  mcAppSKey,
  mcNwkSKey,
  multicast,
  type SetMcGroup,
  setMcGroup,
  tuning,
} from "./multicast-group.ts";
import { crypto, Network } from "./network.ts";

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
    [
      "under another key",
      multicast(3, {}, { lorawan: "1.0", nwkSKey: mcAppSKey, appSKey: mcAppSKey }),
    ],
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
          regional: IN_EU868,
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
