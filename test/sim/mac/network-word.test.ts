import { describe, expect, test } from "vitest";
import { describeWord } from "#sim/fleet/notes.ts";
import { isDue, wordOf } from "#sim/mac/network-word.ts";
import { hex } from "../../hex.ts";
import { Network } from "./network.ts";

test.each([
  [undefined, []],
  [1, [0, 1, 2, 3, 4, 5]],
  [2, [1, 3, 5]],
  [4, [3]],
] as const)("each %s-th uplink: %j", (every, counters) => {
  expect([0, 1, 2, 3, 4, 5].filter((fCnt) => isDue(every, fCnt))).toEqual(counters);
});

/** `fraction` counts 1/256 s (TS001, DeviceTimeAns). */
test("a time is exact to a 256th", () => {
  const answer = { name: "DeviceTimeAns", gps: 1_451_260_818, fraction: 64 } as const;
  const word = wordOf(answer, 10_000_000);
  expect(word).toEqual({ type: "deviceTime", gpsUs: 1_451_260_818_250_000, sentUs: 10_000_000 });
  expect(describeWord(word, 1_451_260_808)).toBe("network time is 250 ms off");
  expect(describeWord(word, 1_451_260_809)).toBe("network time is -750 ms off");
});

describe.each(["1.0.3", "1.1"] as const)("a %s device that asks", (lorawan) => {
  const quiet = (network: Network) => {
    if (network.nvm.session !== undefined) network.nvm.session.rekeyPending = false;
    return network;
  };

  test("does so in FOpts, each as often as it was told to", () => {
    const asksEvery = { linkCheck: 2, deviceTime: 3 };
    const network = quiet(Network.joined({ lorawan, asksEvery }));
    for (let count = 0; count < 6; count++) network.exchange(hex("00"));
    const asked = network.air.map((uplink) =>
      network.open(uplink).commands.map(({ name }) => name),
    );
    expect(asked).toEqual([
      [],
      ["LinkCheckReq"],
      ["DeviceTimeReq"],
      ["LinkCheckReq"],
      [],
      ["LinkCheckReq", "DeviceTimeReq"],
    ]);
  });

  test("passes on what it is told, with the end of the uplink that asked", () => {
    const network = quiet(Network.joined({ lorawan, asksEvery: { linkCheck: 1, deviceTime: 1 } }));
    network.onUplink = (uplink) => {
      const commands = [
        { name: "LinkCheckAns", marginDb: 7, gatewayCount: 3 },
        { name: "DeviceTimeAns", gps: 5, fraction: 128 },
      ] as const;
      network.answer(uplink, network.downlink({ commands, fPort: 1, frmPayload: hex("01") }));
    };
    network.exchange(hex("00"));
    const words = network.events.filter(
      ({ type }) => type === "linkCheck" || type === "deviceTime",
    );
    expect(words).toMatchObject([
      { marginDb: 7, gatewayCount: 3 },
      { gpsUs: 5_500_000, sentUs: network.lastUplink().endUs },
    ]);
    expect(network.count("downlink")).toBe(1);
  });

  test("an ACK confirms each n-th of its uplinks", () => {
    const network = Network.joined({ lorawan, asksEvery: { ack: 2 } });
    network.onUplink = (uplink) => {
      const { frame } = network.open(uplink);
      const { confirmed, fCntLow } = frame;
      network.answer(
        uplink,
        network.downlink({ ack: confirmed }, { confFCnt: confirmed ? fCntLow : 0 }),
      );
    };
    for (let count = 0; count < 4; count++) network.exchange(hex("00"));
    const confirmed = network.air.map((uplink) => network.open(uplink).frame.confirmed);
    expect(confirmed).toEqual([false, true, false, true]);
  });
});
