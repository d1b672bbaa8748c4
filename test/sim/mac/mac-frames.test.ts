import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MacDownlink, macDownlink, macUplink } from "#sim/mac/mac-commands.wire.ts";
import { hex } from "../../hex.ts";
import { Network, S } from "./network.ts";

const adapt = (chMask: number): MacDownlink => ({
  name: "LinkADRReq",
  link: { txPower: 15, dataRate: 15 },
  chMask,
  redundancy: { nbTrans: 1, chMaskCntl: 0 },
});
const move = (chIndex: number): MacDownlink => ({
  name: "DlChannelReq",
  chIndex,
  frequencyHz: 869_525_000,
});

/** What was sent on which port, and the answers in it. */
function said(network: Network): [fPort: number | undefined, names: string[]][] {
  return network.air.map((uplink) => {
    const { frame, commands, payload } = network.open(uplink);
    const onPort0 = frame.fPort === 0 ? macUplink.decode(payload) : [];
    const names = [
      ...commands.map(({ name }) => name),
      ...onPort0.flatMap((decoded) => (decoded.ok ? [decoded.command.name] : [])),
    ];
    return [frame.fPort, names];
  });
}

/** The server asks all this once, in the payload of port 0. */
function asks(network: Network, requests: readonly MacDownlink[]): void {
  const frmPayload = Uint8Array.from(
    requests.flatMap((request) => [...macDownlink.encode(request)]),
  );
  let isAsked = false;
  network.onUplink = (uplink) => {
    if (!isAsked) network.answer(uplink, network.downlink({ fPort: 0, frmPayload }));
    isAsked = true;
  };
}

describe.each(["1.0", "1.1"] as const)("answers of a %s device beyond FOpts", (lorawan) => {
  const joined = () => {
    const network = Network.joined({ lorawan });
    if (network.nvm.session !== undefined) network.nvm.session.rekeyPending = false;
    return network;
  };
  const answers = (count: number, name: string) => new Array(count).fill(name);

  test.each([
    ["seven of two bytes fit", 7, [[10, answers(7, "LinkADRAns")]]],
    [
      "eight go ahead on port 0",
      8,
      [
        [0, answers(8, "LinkADRAns")],
        [10, []],
      ],
    ],
  ])("%s", (_, count, expected) => {
    const network = joined();
    asks(network, new Array(count).fill(adapt(7)));
    network.exchange(hex("00"));
    network.exchange(hex("01"));
    expect(said(network).slice(1)).toEqual(expected);
    expect(network.count("uplinkDone")).toBe(2);
  });

  test("sticky ones go ahead once, then as many as fit until a downlink comes", () => {
    const network = joined();
    asks(network, new Array(9).fill(move(1)));
    network.exchange(hex("00"));
    network.exchange(hex("01"));
    network.exchange(hex("02"));
    expect(said(network).slice(1)).toEqual([
      [0, answers(9, "DlChannelAns")],
      [10, answers(7, "DlChannelAns")],
      [10, answers(7, "DlChannelAns")],
    ]);
  });
});

describe("the last frame counter", () => {
  test("is used; then the device joins anew and goes on", () => {
    const network = Network.joined();
    const { session } = network.nvm;
    if (session !== undefined) session.fCntUp = 0xffff_fffe;
    network.exchange(hex("00"));
    network.exchange(hex("01"));
    const [first, last] = network.air;
    if (first === undefined || last === undefined) throw new Error("two uplinks");
    expect(network.open(first, { fCnt: 0xffff_fffe }).payload).toEqual(hex("00"));
    expect(network.open(last, { fCnt: 0xffff_ffff }).payload).toEqual(hex("01"));

    network.onUplink = (uplink) => network.acceptJoin(uplink);
    network.exchange(hex("02"));
    expect(network.count("joined")).toBe(1);
    expect(network.open(network.lastUplink(), { fCnt: 0 }).payload).toEqual(hex("02"));
  });

  test("of downlinks: nothing is taken after it", () => {
    const network = Network.joined();
    const { session } = network.nvm;
    if (session !== undefined) session.nFCntDown = 0xffff_ffff;
    for (const fCnt of [0xffff_ffff, 0xffff_ffff, 0]) {
      network.onUplink = (uplink) => {
        network.answer(uplink, network.downlink({ fPort: 1, frmPayload: hex("01") }, { fCnt }));
      };
      network.exchange(hex("00"));
    }
    expect(network.count("downlink")).toBe(1);
  });
});

test.each([
  ["RX2 at DR8", { rx2Dr: 8 }],
  ["RX2 at DR15", { rx2Dr: 15 }],
  ["RX1 lower by 6", { rx1DrOffset: 6 }],
])("an accept with %s opens no session: EU868 has no such window", (_, accept) => {
  const network = new Network();
  network.onUplink = (uplink) => network.acceptJoin(uplink, { accept });
  network.mac.perform({ type: "join" });
  network.run(60);
  expect(network.nvm.session).toBeUndefined();
  expect(network.air.length).toBeGreaterThan(1);
});

/** Every other one is a command. */
const octet = fc.oneof(fc.nat(255), fc.integer({ min: 2, max: 15 }));

test("whatever commands a server sends, the device goes on sending what opens", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(octet, { minLength: 1, maxLength: 40, size: "max" }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.boolean(),
      (payloads, adr) => {
        const network = Network.joined({ adr });
        for (const [index, payload] of payloads.entries()) {
          const frmPayload = Uint8Array.from(payload);
          network.onUplink = (uplink) => {
            const { session } = network.nvm;
            const phy = network.downlink({ fPort: 0, frmPayload });
            const { rxDelayS = 1, rx2Dr = 0, rx2FrequencyHz = 0 } = session ?? {};
            network.emitAt(uplink.endUs + (rxDelayS + 1) * S, {
              phyPayload: phy,
              dr: rx2Dr,
              frequencyHz: rx2FrequencyHz,
            });
          };
          network.exchange(Uint8Array.of(index));
        }
        expect(network.count("uplinkDone")).toBe(payloads.length);
        expect(network.count("contact")).toBeGreaterThan(0);
      },
    ),
    { numRuns: 150, seed: 1 },
  );
});
