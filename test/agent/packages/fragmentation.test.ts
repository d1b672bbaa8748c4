import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeviceConfig } from "#agent/config.ts";
import { fragDownlinkV1, fragDownlinkV2 } from "#agent/packages/fragmentation.wire.ts";
import { hex } from "../../hex.ts";
import { FragServer, multicast, setUpGroup } from "../frag-server.ts";
import { factoryImage, rootSecret, TestDevice, type TestOptions } from "../test-device.ts";

const PORT = 201;
const v1: Partial<DeviceConfig> = {};
const v2: Partial<DeviceConfig> = {
  packages: { clockSync: 2, multicastSetup: 2, fragmentation: 2 },
  parityVariant: "ts004-v2-lbm",
};
const configs = { 1: v1, 2: v2 } as const;

/** 00 01 02 …: the block of the reference text. */
const counting = (sizeBytes: number) =>
  Uint8Array.from({ length: sizeBytes }, (_, at) => at & 0xff);

function started(options: TestOptions = {}): TestDevice {
  const device = new TestDevice(options);
  device.powerOn();
  return device;
}

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");

/** The answers on the fragmentation port that an event brings, in hex. */
function answers(device: TestDevice, act: () => void, waitS = 0): string[] {
  const before = device.sent(PORT).length;
  act();
  device.wait(waitS);
  return device
    .sent(PORT)
    .slice(before)
    .map(({ payload }) => text(payload));
}

function status(device: TestDevice, fragIndex = 0, participants = 1): string[] {
  const req = Uint8Array.of(1, (fragIndex << 1) | participants);
  return answers(device, () => device.downlink(PORT, req), 17);
}

describe("the worked session: M = 10, fragments 3 and 7 lost", () => {
  test.each([
    [1, "0108000200", "0109000100", "010a000100", "010b000000"],
    [2, "0100080002", "0100090001", "01000a0001", "01000b0000"],
  ] as const)("TS004 v%i", (version, after8, after11, after12, after13) => {
    const device = started({ config: configs[version] });
    const server = new FragServer({ version, data: counting(100), fragSize: 10 });
    expect(answers(device, () => device.downlink(PORT, server.setup()))).toEqual(["0200"]);
    expect(status(device)).toEqual([version === 1 ? "0100000a00" : "010000000a"]);
    for (const n of [1, 2, 4, 5, 6, 8, 9, 10]) device.downlink(PORT, server.fragment(n));
    expect(status(device)).toEqual([after8]);
    device.downlink(PORT, server.fragment(11));
    expect(status(device)).toEqual([after11]);
    device.downlink(PORT, server.fragment(12));
    expect(status(device)).toEqual([after12]);
    device.downlink(PORT, server.fragment(13));
    expect(status(device)).toEqual([after13]);
    device.downlink(PORT, server.fragment(14));
    expect(status(device)).toEqual([after13]);
    expect(device.bank(1).subarray(0, 100)).toEqual(counting(100));
  });
});

describe("the set-up vectors of TS004", () => {
  test("v2: MIC over the block without padding; received-requests while nobody answers", () => {
    const secret = hex("2B 7E 15 16 28 AE D2 A6 AB F7 15 88 09 CF 4F 3C");
    const device = started({ config: { ...v2, rootSecret: secret } });
    const setup = hex("02 01 0A 00 0A 42 05 01 02 03 04 07 00 BB FA D0 0C");
    expect(answers(device, () => device.downlink(PORT, setup))).toEqual(["0200"]);
    const server = new FragServer({ version: 2, data: counting(95), fragSize: 10 });
    for (let n = 1; n <= 10; n++) device.downlink(PORT, server.fragment(n));
    expect(answers(device, () => {}, 600)).toEqual(["0400", "0400", "0400"]);
    expect(answers(device, () => device.downlink(PORT, server.statusReq()), 64)).toEqual([
      "01000a0000",
    ]);
  });

  test("every byte of the MIC counts", () => {
    const server = new FragServer({ version: 2, data: counting(95), fragSize: 10 });
    for (const spoilt of [1, 2, 3, 4]) {
      const device = started({ config: v2 });
      const setup = server.setup().slice();
      setup[setup.length - spoilt] = (setup.at(-spoilt) ?? 0) ^ 0x10;
      device.downlink(PORT, setup);
      for (let n = 1; n <= 10; n++) device.downlink(PORT, server.fragment(n));
      expect(status(device)).toEqual(["01020a0000"]);
    }
  });

  test("the answer ends the received-requests", () => {
    const data = counting(95);
    const options = { version: 2, data, fragSize: 10, ackReception: true } as const;
    const device = started({ config: v2 });
    const server = new FragServer({ ...options, isMicWrong: true, fragIndex: 3 });
    device.downlink(PORT, server.setup());
    for (let n = 1; n <= 10; n++) device.downlink(PORT, server.fragment(n));
    expect(answers(device, () => {}, 16)).toEqual(["0407"]);
    device.downlink(PORT, hex("04 03"));
    expect(answers(device, () => {}, 600)).toEqual([]);
    expect(status(device, 3)).toEqual(["01020ac000"]);
  });
});

describe("set-ups that are refused", () => {
  const base = {
    name: "FragSessionSetupReq",
    session: { mcGroupBitMask: 1, fragIndex: 2 },
    nbFrag: 10,
    fragSize: 10,
    control: { blockAckDelay: 0, fragAlgo: 0, ackReception: false },
    padding: 0,
    descriptor: hex("01 02 03 04"),
    sessionCnt: 0,
    mic: hex("00 00 00 00"),
  } as const;
  const control = { ...base.control, fragAlgo: 1 };

  test.each([
    ["nothing wrong", {}, "0280"],
    ["unknown FragAlgo", { control }, "0281"],
    ["no fragments", { nbFrag: 0 }, "0282"],
    ["more fragments than N can count", { nbFrag: 16_384, fragSize: 1 }, "0282"],
    ["empty fragments", { fragSize: 0 }, "0282"],
    ["nothing but padding", { nbFrag: 1, padding: 10 }, "0282"],
    ["padding of several fragments", { padding: 99 }, "0280"],
    ["larger than the bank", { nbFrag: 205 }, "0282"],
    ["as large as the bank", { nbFrag: 204 }, "0280"],
    ["descriptor of another product", { descriptor: hex("01 02 03 05") }, "0288"],
    ["several things at once", { control, nbFrag: 0, descriptor: hex("00 00 00 00") }, "028b"],
  ])("%s", (_what, change, expected) => {
    const descriptors = [hex("0a 0b 0c 0d"), hex("01 02 03 04")];
    for (const version of [1, 2] as const) {
      const device = started({ config: { ...configs[version], descriptors } });
      const set = version === 1 ? fragDownlinkV1 : fragDownlinkV2;
      const payload = set.encode({ ...base, ...change });
      expect(answers(device, () => device.downlink(PORT, payload))).toEqual([expected]);
      expect(device.status().sessions).toHaveLength(expected === "0280" ? 1 : 0);
    }
  });

  test("a refused set-up leaves the session of its index as it was", () => {
    const device = started();
    const server = new FragServer({ version: 1, data: counting(100), fragSize: 10 });
    device.downlink(PORT, server.setup());
    device.downlink(PORT, server.fragment(1));
    const nonsense = fragDownlinkV1.encode({
      ...base,
      session: { mcGroupBitMask: 0, fragIndex: 0 },
      nbFrag: 0,
    });
    expect(answers(device, () => device.downlink(PORT, nonsense))).toEqual(["0202"]);
    expect(device.status().sessions).toMatchObject([{ received: 1, missing: 9 }]);
  });
});

describe("set-ups that are repeated", () => {
  const server = new FragServer({ version: 2, data: counting(100), fragSize: 10 });

  test("before data flows, each copy is answered and the newest pair of counter and MIC counts", () => {
    const device = started({ config: v2 });
    for (const sessionCnt of [4, 4, 5, 3]) {
      const copy = server.setup(sessionCnt);
      expect(answers(device, () => device.downlink(PORT, copy))).toEqual(["0200"]);
    }
    for (let n = 1; n <= 10; n++) device.downlink(PORT, server.fragment(n));
    expect(status(device)).toEqual(["01000a0000"]);
  });

  test("once data flowed, the same or a lower counter is a replay, a higher one starts afresh", () => {
    const device = started({ config: v2 });
    device.downlink(PORT, server.setup(4));
    for (let n = 1; n <= 4; n++) device.downlink(PORT, server.fragment(n));
    for (const sessionCnt of [4, 3, 0]) {
      const copy = server.setup(sessionCnt);
      expect(answers(device, () => device.downlink(PORT, copy))).toEqual(["0210"]);
    }
    expect(device.status().sessions).toMatchObject([{ received: 4, missing: 6 }]);
    expect(answers(device, () => device.downlink(PORT, server.setup(5)))).toEqual(["0200"]);
    expect(device.status().sessions).toMatchObject([{ received: 0, missing: 10 }]);
    for (let n = 1; n <= 10; n++) device.downlink(PORT, server.fragment(n));
    expect(status(device)).toEqual(["01000a0000"]);
  });

  test("the counter is per FragIndex and survives delete and reset", () => {
    const device = started({ config: v2 });
    device.downlink(PORT, server.setup(9));
    device.downlink(PORT, server.fragment(1));
    expect(answers(device, () => device.downlink(PORT, hex("03 00")))).toEqual(["0300"]);
    device.powerOn();
    expect(answers(device, () => device.downlink(PORT, server.setup(9)))).toEqual(["0210"]);
    const other = new FragServer({ version: 2, data: counting(50), fragSize: 10, fragIndex: 1 });
    expect(answers(device, () => device.downlink(PORT, other.setup(0)))).toEqual(["0240"]);
  });

  test("version 1 has no counter: an identical set-up starts afresh", () => {
    const device = started();
    const old = new FragServer({ version: 1, data: counting(100), fragSize: 10 });
    device.downlink(PORT, old.setup());
    for (let n = 1; n <= 4; n++) device.downlink(PORT, old.fragment(n));
    expect(answers(device, () => device.downlink(PORT, old.setup()))).toEqual(["0200"]);
    expect(device.status().sessions).toMatchObject([{ received: 0, missing: 10 }]);
    for (let n = 1; n <= 10; n++) device.downlink(PORT, old.fragment(n));
    expect(device.bank(1).subarray(0, 100)).toEqual(counting(100));
  });
});

describe("fragments", () => {
  const server = new FragServer({ version: 1, data: counting(100), fragSize: 10 });

  function receiving(): TestDevice {
    const device = started();
    setUpGroup(device, 0);
    setUpGroup(device, 1, 0x01ff_fffd);
    device.downlink(PORT, server.setup());
    return device;
  }

  test("by unicast and by the groups of the mask, not by others", () => {
    const device = receiving();
    device.downlink(PORT, server.fragment(1));
    device.downlink(PORT, server.fragment(2), multicast(0, 0));
    device.downlink(PORT, server.fragment(3), multicast(1, 0));
    device.downlink(PORT, server.fragment(4), multicast(2, 0));
    expect(device.status().sessions).toMatchObject([{ received: 2, missing: 8 }]);
  });

  test.each([
    ["N = 0", hex("08 00 00 00 01 02 03 04 05 06 07 08 09")],
    ["too short", hex("08 01 00 00 01 02 03 04 05 06 07 08")],
    ["too long", hex("08 01 00 00 01 02 03 04 05 06 07 08 09 0a")],
    ["of an index without a session", hex("08 01 40 00 01 02 03 04 05 06 07 08 09")],
    ["without a number", hex("08 01")],
    ["behind another command", hex("00 08 01 00 00 01 02 03 04 05 06 07 08 09")],
  ])("%s: dropped", (_what, payload) => {
    const device = receiving();
    device.downlink(PORT, payload, unicast());
    expect(device.status().sessions).toMatchObject([{ received: 0, state: "ready" }]);
  });

  test("repeats count as received and change nothing else", () => {
    const device = receiving();
    for (let copy = 0; copy < 3; copy++) device.downlink(PORT, server.fragment(4));
    expect(device.status().sessions).toMatchObject([{ received: 3, missing: 9 }]);
  });

  test("every set-up and delete by a multicast address is ignored, without an answer", () => {
    const device = receiving();
    const all = [server.setup(), hex("03 00"), hex("00"), hex("01 05")];
    for (const [fCnt, payload] of all.entries()) {
      expect(answers(device, () => device.downlink(PORT, payload, multicast(0, fCnt)), 20)).toEqual(
        [],
      );
    }
    expect(device.status().sessions).toHaveLength(1);
  });
});

function unicast() {
  return { type: "unicast" } as const;
}

describe("status", () => {
  test("participants 0: only a device that misses fragments answers", () => {
    const device = started();
    const server = new FragServer({ version: 1, data: counting(20), fragSize: 10 });
    device.downlink(PORT, server.setup());
    device.downlink(PORT, server.fragment(1));
    expect(status(device, 0, 0)).toEqual(["0101000100"]);
    device.downlink(PORT, server.fragment(2));
    expect(status(device, 0, 0)).toEqual([]);
    expect(status(device, 0, 1)).toEqual(["0102000000"]);
  });

  test.each([
    [1, false, []],
    [1, true, []],
    [2, false, ["0104"]],
    [2, true, ["0104008000"]],
  ] as const)(
    "of an unknown session, v%i, chirpstackAnswers %s",
    (version, chirpstackAnswers, expected) => {
      const quirks = { chirpstackAnswers, aggregateAnswers: false };
      const device = started({ config: { ...configs[version], quirks } });
      expect(status(device, 2)).toEqual(expected);
    },
  );

  test("the missing count stops at 255", () => {
    const device = started();
    const server = new FragServer({ version: 1, data: counting(1000), fragSize: 2 });
    device.downlink(PORT, server.setup());
    expect(status(device)).toEqual(["010000ff00"]);
  });

  test.each([
    [1, "0107000501"],
    [2, "0101070005"],
  ] as const)(
    "v%i: too many losses for the matrix set the memory bit, late fragments help",
    (version, expected) => {
      const decoder = { matrixRows: 3, scratchFragments: 100 };
      const device = started({ config: { ...configs[version], decoder } });
      const server = new FragServer({ version, data: counting(100), fragSize: 10 });
      device.downlink(PORT, server.setup());
      for (const n of [1, 2, 3, 4, 5, 11, 12]) device.downlink(PORT, server.fragment(n));
      expect(status(device)).toEqual([expected]);
      expect(device.status().sessions).toMatchObject([{ failure: "matrixFull" }]);
      for (let n = 6; n <= 10; n++) device.downlink(PORT, server.fragment(n));
      expect(device.status().sessions).toMatchObject([{ state: "complete", missing: 0 }]);
    },
  );

  test("the answer waits for a random part of 2^(BlockAckDelay + 4) seconds", () => {
    for (const blockAckDelay of [0, 3, 7]) {
      const device = started();
      const server = new FragServer({
        version: 1,
        data: counting(20),
        fragSize: 10,
        blockAckDelay,
      });
      device.downlink(PORT, server.setup());
      const delays = new Set<number>();
      for (let round = 0; round < 20; round++) {
        device.downlink(PORT, server.statusReq());
        const delayUs = (device.timerAt("fragAnswer0") ?? -1) - device.now;
        expect(delayUs).toBeGreaterThanOrEqual(0);
        expect(delayUs).toBeLessThan(2 ** (blockAckDelay + 4) * 1e6);
        delays.add(delayUs);
        device.wait(2 ** (blockAckDelay + 4));
      }
      expect(delays.size).toBe(20);
    }
  });

  test("a second request while an answer waits does not move or double it", () => {
    const device = started();
    const server = new FragServer({
      version: 1,
      data: counting(20),
      fragSize: 10,
      blockAckDelay: 7,
    });
    device.downlink(PORT, server.setup());
    device.downlink(PORT, server.statusReq());
    const due = device.timerAt("fragAnswer0");
    for (let copy = 0; copy < 5; copy++) device.downlink(PORT, server.statusReq());
    expect(device.timerAt("fragAnswer0")).toBe(due);
    expect(answers(device, () => {}, 2048)).toEqual(["0100000200"]);
  });

  test("an operator may cap the delay for requests by unicast", () => {
    const device = started({ config: { unicastStatusDelayMaxS: 0 } });
    const server = new FragServer({ version: 1, data: counting(20), fragSize: 10 });
    device.downlink(PORT, server.setup());
    const ask = () => device.downlink(PORT, server.statusReq());
    expect(answers(device, ask)).toEqual(["0100000200"]);
  });
});

describe("delete", () => {
  test("of a session and of none", () => {
    const device = started();
    const server = new FragServer({ version: 1, data: counting(20), fragSize: 10, fragIndex: 1 });
    device.downlink(PORT, server.setup());
    expect(answers(device, () => device.downlink(PORT, hex("03 01")))).toEqual(["0301"]);
    expect(answers(device, () => device.downlink(PORT, hex("03 01")))).toEqual(["0305"]);
    device.downlink(PORT, server.fragment(1));
    expect(device.status().sessions).toEqual([]);
    device.powerOn();
    expect(device.status().sessions).toEqual([]);
  });

  test("the version", () => {
    for (const version of [1, 2] as const) {
      const device = started({ config: configs[version] });
      expect(answers(device, () => device.downlink(PORT, hex("00")))).toEqual([`00030${version}`]);
    }
  });
});

describe("several sessions", () => {
  const servers = [0, 1, 2, 3].map(
    (fragIndex) =>
      new FragServer({ version: 1, data: counting(60 + fragIndex), fragSize: 10, fragIndex }),
  );
  const [first, second, third] = servers as [FragServer, FragServer, FragServer];

  test("one has the bank, one the auxiliary region, a third finds no memory", () => {
    const device = started();
    expect(answers(device, () => device.downlink(PORT, first.setup()))).toEqual(["0200"]);
    expect(answers(device, () => device.downlink(PORT, second.setup()))).toEqual(["0240"]);
    expect(answers(device, () => device.downlink(PORT, third.setup()))).toEqual(["0282"]);
    for (let n = 1; n <= 20; n++) {
      if (n !== 3) device.downlink(PORT, first.fragment(n));
      if (n !== 4) device.downlink(PORT, second.fragment(n));
    }
    expect(device.status().sessions).toMatchObject([
      { fragIndex: 0, state: "complete" },
      { fragIndex: 1, state: "complete" },
    ]);
    expect(device.bank(1).subarray(0, 60)).toEqual(counting(60));
    const auxiliary = { address: 15 * 2048, sizeBytes: 61 };
    expect(device.read(auxiliary)).toEqual(counting(61));
  });

  test("a place is free again when its session is complete or deleted", () => {
    const device = started();
    for (const server of servers) {
      expect(answers(device, () => device.downlink(PORT, server.setup()))[0]).toMatch(/02.0/);
      for (let n = 1; n <= server.nbFrag; n++) device.downlink(PORT, server.fragment(n));
    }
    expect(device.status().sessions.map(({ state }) => state)).toEqual([
      "complete",
      "complete",
      "complete",
      "complete",
    ]);
  });
});

test("a sick bank ends the session and says so; the running image is untouched", () => {
  const device = started();
  const server = new FragServer({ version: 1, data: counting(100), fragSize: 10 });
  device.downlink(PORT, server.setup());
  device.downlink(PORT, server.fragment(1));
  device.flash.failNext("program", Number.POSITIVE_INFINITY, { address: 2048, sizeBytes: 2048 });
  for (let n = 2; n <= 10; n++) device.downlink(PORT, server.fragment(n));
  expect(status(device)).toEqual(["0101000a01"]);
  expect(device.status()).toMatchObject({ lastFailure: "storage" });
  device.powerOn();
  expect(device.status()).toMatchObject({ lastFailure: "storage" });
  expect(device.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
});

test("hostile frames on every port never throw, never touch the running image", () => {
  const frames = fc.array(
    fc.record({
      fPort: fc.constantFrom(200, 201, 201, 201, 202, 203, 1, 0, 255),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc
          .tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 8), fc.uint8Array({ maxLength: 20 }))
          .map(([cid, rest]) => Uint8Array.of(cid, ...rest)),
        fc
          .record({ n: fc.integer({ min: 0, max: 30 }), index: fc.integer({ min: 0, max: 3 }) })
          .map(({ n, index }) => Uint8Array.of(8, n, index << 6, ...counting(10))),
      ),
      isMulticast: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(fc.constantFrom(1, 2), frames, (version, list) => {
      const device = started({ config: { ...configs[version as 1 | 2], rootSecret } });
      setUpGroup(device);
      const server = new FragServer({
        version: version as 1 | 2,
        data: counting(90),
        fragSize: 10,
      });
      device.downlink(PORT, server.setup());
      for (const [fCnt, { fPort, payload, isMulticast }] of list.entries()) {
        if (device.device === undefined) device.powerOn();
        device.downlink(fPort, payload, isMulticast ? multicast(0, fCnt) : unicast());
        device.wait(1);
      }
      expect(device.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
    }),
    { numRuns: 150, seed: 7 },
  );
});
