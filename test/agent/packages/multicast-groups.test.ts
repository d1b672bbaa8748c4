import { describe, expect, test } from "vitest";
import { buildMcGroupStatusAns } from "#agent/packages/multicast-answers.ts";
import { acceptMcFCnt } from "#agent/packages/multicast-setup.ts";
import { hex } from "../../hex.ts";
import { inHex } from "../keys/key-hex.ts";
import { GROUP_0_SETUP, MulticastNode } from "./multicast-node.ts";
import { multicast } from "./test-io.ts";

describe("McGroupSetupReq", () => {
  test.each([
    { lorawan: "1.0", wrapped: "fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce" },
    { lorawan: "1.1", wrapped: "57 da 49 d5 94 16 2f 6e f5 b3 88 f1 28 be 6c a9" },
  ] as const)("LoRaWAN $lorawan: the modem gets the session keys", ({ lorawan, wrapped }) => {
    const node = new MulticastNode({ lorawan });
    node.receive(`02 00 fe ff ff 01 ${wrapped} 00 00 00 00 ff ff ff ff`);
    const [effect] = node.io.takeEffects();
    expect(effect).toMatchObject({
      type: "setMcGroup",
      groupId: 0,
      mcAddr: 0x01fffffe,
      minMcFCnt: 0,
      maxMcFCnt: 0xffffffff,
      nextMcFCnt: 0,
    });
    if (effect?.type !== "setMcGroup") throw new Error("no group");
    expect(inHex(effect.mcAppSKey)).toBe("AD54E08FA9FD780B74CFA5CC2AC0B441");
    expect(inHex(effect.mcNwkSKey)).toBe("DA54CA65D178B09869558373C6DD9643");
    expect(node.takeAnswers()).toEqual([hex("02 00")]);
    expect(node.io.persisted).toEqual([{ type: "mcGroup", mcGroupId: 0 }]);
  });

  test("a context the device does not have is refused, and nothing changes", () => {
    const node = new MulticastNode({ groupCount: 2 });
    node.receive(GROUP_0_SETUP.replace("02 00", "02 02"));
    expect(node.takeAnswers()).toEqual([hex("02 06")]);
    expect(node.io.notes).toEqual([{ type: "mcGroupSetup", groupId: 2, ok: false }]);
    expect(node.io.takeEffects()).toEqual([]);
    expect(node.io.persisted).toEqual([]);
    expect(node.state.groups).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("replaces the context of that number: keys, address, counters, session", () => {
    const node = new MulticastNode().setUp();
    acceptMcFCnt(node.state, 0, 99);
    node.request();
    node.forget();
    node.receive(
      GROUP_0_SETUP.replace("fe ff ff 01", "04 03 02 01").replace("00 00 00 00", "07 00 00 00"),
    );
    expect(node.state.groups[0]).toMatchObject({
      mcAddr: 0x01020304,
      nextMcFCnt: 7,
      session: undefined,
    });
    expect(node.io.takeEffects().map(({ type }) => type)).toEqual(["clearTimer", "setMcGroup"]);
    expect(node.takeAnswers()).toEqual([hex("02 00")]);
  });

  test("closes an open window first", () => {
    const node = new MulticastNode().setUp();
    node.request();
    node.io.at += 300_000_000;
    node.step({ type: "timer", mcGroupId: 0 });
    node.forget();
    node.receive(GROUP_0_SETUP);
    const types = node.io.takeEffects().map(({ type }) => type);
    expect(types.indexOf("stopClassC")).toBeGreaterThanOrEqual(0);
    expect(types.indexOf("stopClassC")).toBeLessThan(types.indexOf("setMcGroup"));
  });

  test("each copy of a request is answered", () => {
    const node = new MulticastNode();
    node.receive(GROUP_0_SETUP);
    node.receive(GROUP_0_SETUP);
    expect(node.takeAnswers()).toEqual([hex("02 00"), hex("02 00")]);
  });

  test("four groups live side by side", () => {
    const node = new MulticastNode().setUp(0).setUp(1).setUp(2).setUp(3);
    expect(node.state.groups.every((group) => group !== undefined)).toBe(true);
  });
});

describe("McGroupDeleteReq", () => {
  test("forgets group and session", () => {
    const node = new MulticastNode().setUp(1);
    node.request({ mcGroupId: 1 });
    node.forget();
    node.receive("03 01");
    expect(node.takeAnswers()).toEqual([hex("03 01")]);
    expect(node.io.takeEffects()).toEqual([
      { type: "clearTimer", id: "mcStart1" },
      { type: "deleteMcGroup", groupId: 1 },
    ]);
    expect(node.io.persisted).toContainEqual({ type: "mcGroup", mcGroupId: 1 });
    expect(node.state.groups[1]).toBeUndefined();
  });

  test("says so when there is none", () => {
    const node = new MulticastNode().setUp(0);
    node.receive("03 01");
    expect(node.takeAnswers()).toEqual([hex("03 05")]);
    expect(node.io.effects).toEqual([]);
    expect(node.io.persisted).toEqual([]);
  });
});

describe("McGroupStatusReq", () => {
  const withGroups = (...ids: number[]) => {
    const node = new MulticastNode();
    for (const id of ids) node.setUp(id);
    return node;
  };

  test("waits for an uplink, because the answer depends on what fits", () => {
    const node = new MulticastNode();
    node.receive("01 0f");
    expect(node.io.sayings).toEqual([{ type: "mcGroupStatusAns", reqGroupMask: 15 }]);
  });

  test.each([
    { groups: [], mask: 15, max: 51, answer: "01 00" },
    { groups: [1], mask: 15, max: 51, answer: "01 12 01 fe ff ff 01" },
    { groups: [0, 2], mask: 4, max: 51, answer: "01 24 02 fe ff ff 01" },
    { groups: [0, 2], mask: 2, max: 51, answer: "01 20" },
    { groups: [0, 1, 3], mask: 15, max: 12, answer: "01 33 00 fe ff ff 01 01 fe ff ff 01" },
    { groups: [0, 1, 3], mask: 8, max: 12, answer: "01 38 03 fe ff ff 01" },
    { groups: [0, 1], mask: 3, max: 11, answer: "01 21 00 fe ff ff 01" },
    { groups: [0, 1], mask: 3, max: 2, answer: "01 20" },
  ])("groups $groups, mask $mask, $max bytes: $answer", ({ groups, mask, max, answer }) => {
    const node = withGroups(...groups);
    expect(buildMcGroupStatusAns(node.state, mask, max)).toEqual(hex(answer));
  });
});

describe("the frame counter", () => {
  const range = (min: number, max: number) => {
    const node = new MulticastNode();
    const le = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
    const bytes = [...hex(GROUP_0_SETUP).subarray(0, 22), ...le(min), ...le(max)];
    node.receive(bytes.map((byte) => byte.toString(16)).join(" "));
    return node.state;
  };

  test("the first may equal the minimum, each later one must be higher", () => {
    const state = range(10, 20);
    const counters = [9, 10, 10, 9, 12, 11, 13];
    const accepted = counters.filter((fCnt) => acceptMcFCnt(state, 0, fCnt));
    expect(accepted).toEqual([10, 12, 13]);
  });

  test("the maximum is out", () => {
    const state = range(0, 20);
    expect(acceptMcFCnt(state, 0, 20)).toBe(false);
    expect(acceptMcFCnt(state, 0, 19)).toBe(true);
    expect(acceptMcFCnt(state, 0, 20)).toBe(false);
  });

  test("an empty range takes nothing", () => {
    expect(acceptMcFCnt(range(5, 5), 0, 5)).toBe(false);
    expect(acceptMcFCnt(range(6, 5), 0, 6)).toBe(false);
  });

  test("without a group there is none", () => {
    expect(acceptMcFCnt(range(0, 20), 1, 0)).toBe(false);
  });
});

describe("downlinks", () => {
  test.each([
    { version: 1, bytes: "00 02 01" },
    { version: 2, bytes: "00 02 02" },
  ] as const)("package version $version", ({ version, bytes }) => {
    const node = new MulticastNode({ version });
    node.receive("00");
    expect(node.io.sayings).toEqual([{ type: "answer", fPort: 200, payload: hex(bytes) }]);
  });

  test("several commands in one frame: executed in order, one answer each", () => {
    const node = new MulticastNode();
    node.receive(`${GROUP_0_SETUP} 03 00 03 00`);
    expect(node.takeAnswers()).toEqual([hex("02 00"), hex("03 00"), hex("03 04")]);
  });

  test("what cannot be read ends the frame, the answers before it still go", () => {
    const node = new MulticastNode();
    node.receive(`${GROUP_0_SETUP} 06 03 00`);
    expect(node.takeAnswers()).toEqual([hex("02 00")]);
    expect(node.state.groups[0]).toBeDefined();
  });

  test("a setup that is cut short at any byte changes nothing", () => {
    const whole = hex(GROUP_0_SETUP);
    for (let length = 0; length < whole.length; length++) {
      const node = new MulticastNode();
      const payload = whole.subarray(0, length);
      node.step({ type: "downlink", payload, source: { type: "unicast" } });
      expect(node.io.isIdle).toBe(true);
    }
  });

  test("commands on a multicast address are dropped silently", () => {
    const node = new MulticastNode().setUp();
    for (const bytes of [
      "00",
      "01 0f",
      GROUP_0_SETUP,
      "03 00",
      "04 00 00 00 00 00 08 d2 ad 84 00",
    ]) {
      node.step({ type: "downlink", payload: hex(bytes), source: multicast });
    }
    expect(node.io.isIdle).toBe(true);
    expect(node.state.groups[0]).toBeDefined();
  });
});
