import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regionOf } from "#scenarios/regions/regions.ts";
import { MacAnswers } from "#sim/mac/mac-answers.ts";
import { executeMacCommands } from "#sim/mac/mac-commands.ts";
import { type MacDownlink, macDownlink, macUplink } from "#sim/mac/mac-commands.wire.ts";
import { channelAt, sessionOf } from "#sim/mac/nvm.ts";
import { hex } from "../../hex.ts";
import { Network, S } from "./network.ts";

const ZERO_KEY = new Uint8Array(16);
const KEYS = { lorawan: "1.0", nwkSKey: ZERO_KEY, appSKey: ZERO_KEY } as const;
const ACCEPT = { devAddr: 1, rx1DrOffset: 0, rx2Dr: 8, rxDelayS: 1, cfList: undefined };

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

test("a server that asks too much with every downlink does not keep the device from its own", () => {
  const network = Network.joined();
  network.onUplink = (uplink) => {
    const bytes = [...macDownlink.encode(adapt(7))];
    const frmPayload = Uint8Array.from(new Array(9).fill(bytes).flat());
    network.answer(uplink, network.downlink({ fPort: 0, frmPayload }));
  };
  for (let count = 0; count < 3; count++) network.exchange(hex("00"));
  expect(network.air.map((uplink) => network.open(uplink).frame.fPort)).toEqual([10, 0, 10, 0, 10]);
});

test("AU915: a dwell time takes the data rates away that have no room", () => {
  const region = regionOf("AU915");
  const regional = { region, subBand: undefined, dwell: { uplink: false, downlink: false } };
  const session = sessionOf(ACCEPT, KEYS, 0, regional);
  const answers = new MacAnswers();
  executeMacCommands(hex("09 15"), session, answers, regional);
  expect(answers.peek(15)).toEqual(hex("09"));
  expect(session).toMatchObject({ dr: 2, dwell: { uplink: true } });
});

test("a repeat waits when a command of class C has taken away the channel that was free", () => {
  const network = Network.joined({ unicastClass: "C", uplinkDr: 0 });
  network.toSend.push({ fPort: 1, payload: hex("00"), confirmed: true });
  network.mac.perform({ type: "requestUplink" });
  network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > 0);
  const { startUs, endUs } = network.lastUplink();
  network.nvm.session?.channels.push(channelAt(867_100_000, 0, 5));
  const phyPayload = network.downlink({ commands: [adapt(1)] });
  network.emitAt(endUs + 4 * S, { phyPayload, dr: 0, frequencyHz: 869_525_000 });
  network.run(3600);
  expect(network.air.map(({ frequencyHz }) => frequencyHz).slice(1)).toEqual(
    new Array(7).fill(868_100_000),
  );
  const second = network.air[1]?.startUs ?? 0;
  expect(second - startUs).toBeGreaterThanOrEqual(100 * (endUs - startUs));
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
