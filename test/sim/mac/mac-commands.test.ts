import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MacAnswers } from "#sim/mac/mac-answers.ts";
import { executeMacCommands } from "#sim/mac/mac-commands.ts";
import { macDownlink, macUplink } from "#sim/mac/mac-commands.wire.ts";
import { channelAt, type MacSession, sessionOf, usableChannels } from "#sim/mac/nvm.ts";
import { hex } from "../../hex.ts";
import { IN_EU868 } from "../eu868.ts";
import { Network } from "./network.ts";

const key = new Uint8Array(16);
const accept = {
  joinNonce: 1,
  netId: 0,
  devAddr: 1,
  optNeg: false,
  rx1DrOffset: 0,
  rx2Dr: 0,
  rxDelayS: 1,
  cfList: undefined,
};

const PING_SLOTS = { frequencyHz: 0, dr: 3, beaconHz: 0, isAgreed: false };

function session(lorawan: "1.0" | "1.1" = "1.0"): MacSession {
  if (lorawan === "1.0")
    return sessionOf(accept, { lorawan, nwkSKey: key, appSKey: key }, 5, IN_EU868);
  const keys = { fNwkSIntKey: key, sNwkSIntKey: key, nwkSEncKey: key, appSKey: key };
  return sessionOf(accept, { lorawan, ...keys }, 5, IN_EU868);
}

/** Answers as bytes, and what became of the session. */
function run(commands: string, before: MacSession = session()) {
  const answers = new MacAnswers();
  executeMacCommands(hex(commands), before, answers, IN_EU868);
  return { answer: answers.peek(15), after: before };
}

describe("a command, its answer, and what it changes", () => {
  test.each<[what: string, command: string, answer: string, changed: Partial<MacSession>]>([
    [
      "LinkADRReq: DR3, power 2, NbTrans 3",
      "03 32 07 00 03",
      "03 07",
      { dr: 3, txPower: 2, nbTrans: 3 },
    ],
    ["LinkADRReq: nothing new, all channels on", "03 ff 00 00 60", "03 07", { dr: 5, nbTrans: 1 }],
    ["LinkADRReq: a channel that does not exist", "03 50 0f 00 01", "03 04", {}],
    ["LinkADRReq: no channel at all", "03 50 00 00 01", "03 04", {}],
    ["LinkADRReq: an unknown channel page", "03 50 07 00 11", "03 04", {}],
    ["LinkADRReq: DR7, which the channels do not carry", "03 70 07 00 01", "03 05", {}],
    ["LinkADRReq: DR14", "03 e0 07 00 01", "03 05", {}],
    ["LinkADRReq: power 8", "03 58 07 00 01", "03 03", {}],
    ["DutyCycleReq 1/128", "04 07", "04", { maxDutyCycle: 7 }],
    [
      "RXParamSetupReq",
      "05 23 d2 ad 84",
      "05 07",
      { rx1DrOffset: 2, rx2Dr: 3, rx2FrequencyHz: 869_525_000 },
    ],
    ["RXParamSetupReq: offset 6", "05 63 d2 ad 84", "05 03", {}],
    ["RXParamSetupReq: DR8", "05 28 d2 ad 84", "05 05", {}],
    ["RXParamSetupReq: 433 MHz", "05 23 40 12 42", "05 06", {}],
    ["DevStatusReq", "06", "06 ff 0a", {}],
    ["NewChannelReq: the default channels stay", "07 00 18 4f 84 50", "07 00", {}],
    ["NewChannelReq: index 16", "07 10 18 4f 84 50", "07 00", {}],
    ["NewChannelReq: DR5 to DR0", "07 03 18 4f 84 05", "07 01", {}],
    ["NewChannelReq: DR0 to DR8", "07 03 18 4f 84 80", "07 01", {}],
    ["NewChannelReq: 433 MHz", "07 03 40 12 42 50", "07 02", {}],
    ["NewChannelReq: no channel there, to be removed", "07 04 00 00 00 50", "07 03", {}],
    ["RXTimingSetupReq 5 s", "08 05", "08", { rxDelayS: 5 }],
    ["RXTimingSetupReq 0 is 1 s", "08 00", "08", { rxDelayS: 1 }],
    ["DlChannelReq: no such channel", "0a 05 d2 ad 84", "0a 01", {}],
    ["DlChannelReq: 433 MHz", "0a 01 40 12 42", "0a 02", {}],
    ["TxParamSetupReq is not for this region", "09 00", "", {}],
    ["LinkCheckAns", "02 14 01", "", {}],
    ["DeviceTimeAns", "0d 92 7b 80 56 00", "", {}],
    ["ForceRejoinReq", "0e 00 00", "", {}],
    ["PingSlotInfoAns", "10", "", { pingSlots: { ...PING_SLOTS, isAgreed: true } }],
    [
      "PingSlotChannelReq",
      "11 d2 ad 84 05",
      "11 03",
      { pingSlots: { ...PING_SLOTS, frequencyHz: 869_525_000, dr: 5 } },
    ],
    [
      "PingSlotChannelReq: 0 Hz is the region's",
      "11 00 00 00 02",
      "11 03",
      { pingSlots: { ...PING_SLOTS, dr: 2 } },
    ],
    ["PingSlotChannelReq: 433 MHz", "11 40 12 42 03", "11 02", { pingSlots: PING_SLOTS }],
    ["PingSlotChannelReq: DR8", "11 d2 ad 84 08", "11 01", { pingSlots: PING_SLOTS }],
    ["BeaconTimingAns", "12 00 00 00", "", {}],
    [
      "BeaconFreqReq",
      "13 d2 ad 84",
      "13 01",
      { pingSlots: { ...PING_SLOTS, beaconHz: 869_525_000 } },
    ],
    ["BeaconFreqReq: 433 MHz", "13 40 12 42", "13 00", { pingSlots: PING_SLOTS }],
  ])("%s", (_, command, answer, changed) => {
    const { channels: _defaults, ...expected } = session();
    const { answer: said, after } = run(command);
    expect(said).toEqual(hex(answer));
    expect(after).toMatchObject({ ...expected, ...changed });
    const enabled = after.channels.filter((channel) => channel?.enabled === true);
    expect(enabled.length).toBe(3);
  });

  test("NewChannelReq adds, replaces and removes a channel", () => {
    const state = session();
    expect(run("07 04 18 4f 84 53", state).answer).toEqual(hex("07 03"));
    expect(state.channels.slice(3)).toEqual([undefined, channelAt(867_100_000, 3, 5)]);
    run("07 04 e8 56 84 50", state);
    expect(state.channels[4]).toEqual(channelAt(867_300_000, 0, 5));
    run("07 04 00 00 00 50", state);
    expect(state.channels[4]).toBeUndefined();
  });

  test("DlChannelReq moves RX1 of a channel, not its uplink", () => {
    const state = session();
    expect(run("0a 01 d2 ad 84", state).answer).toEqual(hex("0a 03"));
    expect(state.channels[1]).toEqual({
      ...channelAt(868_300_000, 0, 5),
      rx1FrequencyHz: 869_525_000,
    });
  });

  test("LinkADRReq masks channels, and a mask of 6 unmasks them", () => {
    const state = session();
    const enabled = () => state.channels.map((channel) => channel?.enabled);
    run("03 50 05 00 01", state);
    expect(enabled()).toEqual([true, false, true]);
    run("03 50 00 00 61", state);
    expect(enabled()).toEqual([true, true, true]);
  });

  test("a run of LinkADRReq is one request: the masks together, the rest of the last", () => {
    const state = session();
    expect(run("03 50 07 00 01 03 42 03 00 02", state).answer).toEqual(hex("03 07 03 07"));
    expect(state).toMatchObject({ dr: 4, txPower: 2, nbTrans: 2 });
    expect(run("03 30 01 00 01 03 f9 00 00 03", state).answer).toEqual(hex("03 00 03 00"));
    expect(state).toMatchObject({ dr: 4, txPower: 2, nbTrans: 2 });
    expect(state.channels.map((channel) => channel?.enabled)).toEqual([true, true, false]);
  });

  test("1.1 answers what 1.0 does not know", () => {
    expect(run("0c 65 0f 11", session("1.1")).answer).toEqual(hex("0c 0f 00"));
    expect(run("0c 65 0f 11", session("1.0")).answer).toEqual(hex(""));
  });

  test("RekeyConf ends RekeyInd", () => {
    const state = session("1.1");
    expect(state.rekeyPending).toBe(true);
    run("0b 01", state);
    expect(state.rekeyPending).toBe(false);
  });
});

test("answers come in the order of the commands, up to the first unknown or truncated one", () => {
  expect(run("06 08 03 04 00").answer).toEqual(hex("08 06 ff 0a 04"));
  expect(run("04 00 80 06").answer).toEqual(hex("04"));
  expect(run("04 00 05 23 d2").answer).toEqual(hex("04"));
});

test("answers that do not fit are dropped whole", () => {
  const answers = new MacAnswers();
  executeMacCommands(hex("06 ".repeat(6)), session(), answers, IN_EU868);
  expect(answers.peek(15)).toEqual(hex("06 ff 0a ".repeat(5)));
  expect(answers.peek(13)).toEqual(hex("06 ff 0a ".repeat(4)));
  answers.onUplink();
  expect(answers.peek(15)).toEqual(hex(""));
});

test("any bytes are executed without a throw, and leave a session that can send", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.nat(255), fc.constantFrom(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
        { maxLength: 60, size: "max" },
      ),
      (bytes) => {
        const state = session();
        const { answer } = run(bytes.map((byte) => byte.toString(16)).join(" "), state);
        expect(answer.length).toBeLessThanOrEqual(15);
        expect(state.channels.length).toBeLessThanOrEqual(16);
        expect(usableChannels(state, state.dr, IN_EU868).length).toBeGreaterThan(0);
        expect(state.dr).toBeLessThanOrEqual(7);
      },
    ),
    { numRuns: 2000, seed: 1 },
  );
});

test("a device whose last channel was taken away uses the default ones", () => {
  const state = session();
  run("07 03 18 4f 84 50 03 50 08 00 01", state);
  expect(usableChannels(state, 5, IN_EU868)).toEqual([channelAt(867_100_000, 0, 5)]);
  run("07 03 00 00 00 50", state);
  expect(usableChannels(state, 5, IN_EU868).map(({ frequencyHz }) => frequencyHz)).toEqual([
    868_100_000, 868_300_000, 868_500_000,
  ]);
});

test("every command survives the codec", () => {
  const down = hex("05 23 d2 ad 84 07 03 18 4f 84 50 0a 01 d2 ad 84 03 32 07 00 03");
  const encoded = macDownlink
    .decode(down)
    .flatMap((decoded) => (decoded.ok ? [...macDownlink.encode(decoded.command)] : []));
  expect(Uint8Array.from(encoded)).toEqual(down);
  expect(() =>
    macDownlink.encode({ name: "DlChannelReq", chIndex: 0, frequencyHz: 868_100_050 }),
  ).toThrow(RangeError);
  expect(macUplink.decode(hex("0b 01"))).toEqual([
    { ok: true, command: { name: "RekeyInd", deviceVersion: { minor: 1 } } },
  ]);
});

describe("over the air", () => {
  const dlSettings = { rx2DataRate: 3, rx1DrOffset: 0 };
  const setup = { name: "RXParamSetupReq", dlSettings, frequencyHz: 869_525_000 } as const;
  const names = (network: Network) =>
    network.air.map((uplink) => network.open(uplink).commands.map(({ name }) => name));

  test.each(["1.0", "1.1"] as const)("%s: FOpts and port 0 are two ways to say it", (lorawan) => {
    for (const beside of [true, false]) {
      const network = Network.joined({ lorawan });
      if (network.nvm.session !== undefined) network.nvm.session.rekeyPending = false;
      network.onUplink = (uplink) => {
        const commands = [{ name: "DevStatusReq" }, setup] as const;
        const bytes = Uint8Array.from(
          commands.flatMap((command) => [...macDownlink.encode(command)]),
        );
        const phy = beside
          ? network.downlink({ commands, fPort: 7, frmPayload: hex("01") })
          : network.downlink({ fPort: 0, frmPayload: bytes });
        network.answer(uplink, phy);
      };
      network.exchange(hex("00"));
      network.onUplink = () => {};
      network.exchange(hex("00"));
      expect(network.events.filter(({ type }) => type === "uplinkReady")).toMatchObject([
        { payloadMaxBytes: 242 },
        { payloadMaxBytes: 237 },
      ]);
      expect(names(network)).toEqual([[], ["RXParamSetupAns", "DevStatusAns"]]);
      expect(network.count("downlink")).toBe(beside ? 1 : 0);
      expect(network.nvm.session?.rx2Dr).toBe(3);
    }
  });

  test.each([
    ["RXParamSetupAns", setup],
    ["RXTimingSetupAns", { name: "RXTimingSetupReq", settings: { delayS: 1 } }],
    ["DlChannelAns", { name: "DlChannelReq", chIndex: 0, frequencyHz: 868_100_000 }],
  ] as const)("%s is repeated until a downlink comes, DevStatusAns is not", (name, request) => {
    const network = Network.joined();
    network.onUplink = (uplink) => {
      const commands = [request, { name: "DevStatusReq" }] as const;
      network.answer(uplink, network.downlink({ commands }));
    };
    network.exchange(hex("00"));
    network.onUplink = () => {};
    network.exchange(hex("00"));
    network.exchange(hex("00"));
    network.onUplink = (uplink) => {
      network.answer(uplink, network.downlink(), { rx2Dr: network.nvm.session?.rx2Dr ?? 0 });
    };
    network.exchange(hex("00"));
    network.exchange(hex("00"));
    expect(names(network)).toEqual([[], [name, "DevStatusAns"], [name], [name], []]);
  });

  test("NbTrans repeats an unconfirmed uplink until a downlink comes", () => {
    const network = Network.joined();
    const adapt = {
      name: "LinkADRReq",
      link: { txPower: 15, dataRate: 15 },
      chMask: 7,
      redundancy: { nbTrans: 3, chMaskCntl: 0 },
    } as const;
    network.onUplink = (uplink) => network.answer(uplink, network.downlink({ commands: [adapt] }));
    network.exchange(hex("00"));
    network.onUplink = () => {};
    network.exchange(hex("01"));
    network.onUplink = (uplink) => {
      if (network.air.length === 6) network.answer(uplink, network.downlink());
    };
    network.exchange(hex("02"));
    const fCnts = network.air.map((uplink) => network.open(uplink).frame.fCntLow);
    expect(fCnts).toEqual([0, 1, 1, 1, 2, 2]);
  });

  test("DutyCycleReq holds over all channels", () => {
    const network = Network.joined();
    const limit = { name: "DutyCycleReq", limit: { maxDutyCycle: 10 } } as const;
    network.onUplink = (uplink) => network.answer(uplink, network.downlink({ commands: [limit] }));
    network.exchange(hex("00"));
    network.exchange(hex("00"));
    network.exchange(hex("00"));
    const [, second, third] = network.air;
    const airtimeUs = (second?.endUs ?? 0) - (second?.startUs ?? 0);
    expect((third?.startUs ?? 0) - (second?.startUs ?? 0)).toBe(1024 * airtimeUs);
  });

  test("RX1 follows DlChannelReq, and its time RXTimingSetupReq", () => {
    const network = Network.joined();
    const commands = [
      ...[0, 1, 2].map(
        (chIndex) => ({ name: "DlChannelReq", chIndex, frequencyHz: 869_525_000 }) as const,
      ),
      { name: "RXTimingSetupReq", settings: { delayS: 3 } } as const,
    ];
    const frame = {
      fPort: 0,
      frmPayload: Uint8Array.from(commands.flatMap((command) => [...macDownlink.encode(command)])),
    };
    network.onUplink = (uplink) => network.answer(uplink, network.downlink(frame));
    network.exchange(hex("00"));
    network.onUplink = (uplink) => {
      const phyPayload = network.downlink({ fPort: 1, frmPayload: hex("77") });
      network.emitAt(uplink.endUs + 3_000_000, { phyPayload, dr: 5, frequencyHz: 869_525_000 });
    };
    network.exchange(hex("00"));
    expect(network.count("downlink")).toBe(1);
  });
});
