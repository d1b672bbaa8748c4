import { describe, expect, test } from "vitest";
import { regionOf } from "#scenarios/regions/regions.ts";
import { asksForDownlink, backOff } from "#sim/mac/adr.ts";
import { channelAt, type MacSession, sessionOf } from "#sim/mac/nvm.ts";
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

const inRegion = (name: "US915" | "AS923-1", dwell = false) => ({
  region: regionOf(name),
  subBand: name === "US915" ? 2 : undefined,
  dwell: { uplink: dwell, downlink: false },
});

function session(changed: Partial<MacSession> = {}, setting = IN_EU868, dr = 5): MacSession {
  const keys = { lorawan: "1.0", nwkSKey: key, appSKey: key } as const;
  return { ...sessionOf(accept, keys, dr, setting), ...changed };
}

/** Uplinks that nobody answers; how the last one asked, and what it leaves behind. */
function unanswered(count: number, state: MacSession, setting = IN_EU868) {
  let adrAckReq = false;
  for (let uplink = 0; uplink < count; uplink++) {
    adrAckReq = asksForDownlink(state, setting);
    state.adrAckCnt += 1;
    backOff(state, setting);
  }
  return { adrAckReq, dr: state.dr, txPower: state.txPower, nbTrans: state.nbTrans };
}

/** TS001 1.0.4, table 9: the nth uplink has ADRACKCnt n - 1, and is sent as the one before it left it. */
test.each([
  [64, { adrAckReq: false, dr: 1, txPower: 4, nbTrans: 3 }, [true, false, false]],
  [65, { adrAckReq: true, dr: 1, txPower: 4, nbTrans: 3 }, [true, false, false]],
  [95, { adrAckReq: true, dr: 1, txPower: 4, nbTrans: 3 }, [true, false, false]],
  [96, { adrAckReq: true, dr: 1, txPower: 0, nbTrans: 3 }, [true, false, false]],
  [127, { adrAckReq: true, dr: 1, txPower: 0, nbTrans: 3 }, [true, false, false]],
  [128, { adrAckReq: true, dr: 0, txPower: 0, nbTrans: 3 }, [true, false, false]],
  [159, { adrAckReq: true, dr: 0, txPower: 0, nbTrans: 3 }, [true, false, false]],
  [160, { adrAckReq: true, dr: 0, txPower: 0, nbTrans: 1 }, [true, true, true]],
  [161, { adrAckReq: false, dr: 0, txPower: 0, nbTrans: 1 }, [true, true, true]],
  [500, { adrAckReq: false, dr: 0, txPower: 0, nbTrans: 1 }, [true, true, true]],
] as const)("after %i uplinks without an answer", (count, expected, enabled) => {
  const state = session({ dr: 1, txPower: 4, nbTrans: 3 });
  for (const [index, channel] of state.channels.entries()) {
    if (channel !== undefined) state.channels[index] = { ...channel, enabled: index === 0 };
  }
  expect(unanswered(count, state)).toEqual(expected);
  expect(state.channels.map((channel) => channel?.enabled)).toEqual(enabled);
});

test("a channel that the network added keeps its state, and its data rates are not lost", () => {
  const state = session({ dr: 2, txPower: 0 });
  const added = { ...channelAt(867_100_000, 0, 5), enabled: false };
  state.channels.push(added);
  unanswered(200, state);
  expect(state).toMatchObject({ dr: 0 });
  expect(state.channels[3]).toEqual(added);
});

test("a fixed plan has all of its channels back, beyond the device's sub-band", () => {
  const setting = inRegion("US915");
  const state = session({}, setting, 0);
  expect(state.channels.filter((channel) => channel?.enabled === true).length).toBe(9);
  unanswered(200, state, setting);
  expect(state.channels.filter((channel) => channel?.enabled === true).length).toBe(72);
});

test("a data rate without room under the dwell time is not stepped down to", () => {
  const setting = inRegion("AS923-1", true);
  const state = session({}, setting, 3);
  expect(unanswered(500, state, setting)).toMatchObject({ dr: 2 });
});

describe("over the air", () => {
  const asked = (network: Network) =>
    network.air.map((uplink) => network.open(uplink).frame.adrAckReq);

  test("ADR is said in each uplink of a device that has it on, and in no other's", () => {
    for (const adr of [true, false]) {
      const network = Network.joined({ adr });
      network.exchange(hex("00"));
      expect(network.open(network.lastUplink()).frame.adr).toBe(adr);
    }
  });

  test("without ADR nothing is asked and nothing is stepped down", () => {
    const network = Network.joined();
    for (let uplink = 0; uplink < 130; uplink++) network.exchange(hex("00"));
    expect(asked(network).includes(true)).toBe(false);
    expect(network.nvm.session?.dr).toBe(5);
  });

  test("the 97th unanswered uplink has the next data rate, and its room; an answer ends the asking", () => {
    const network = Network.joined({ adr: true, uplinkDr: 4 });
    for (let uplink = 0; uplink < 97; uplink++) network.exchange(hex("00"));
    expect(asked(network).indexOf(true)).toBe(64);
    expect(network.air.map(({ dr }) => dr).indexOf(3)).toBe(96);
    const rooms = network.events.flatMap(({ payloadMaxBytes }) => payloadMaxBytes ?? []);
    expect(rooms.slice(-2)).toEqual([242, 115]);
    network.onUplink = (uplink) => network.answer(uplink, network.downlink());
    network.exchange(hex("00"));
    network.onUplink = () => {};
    for (let uplink = 0; uplink < 65; uplink++) network.exchange(hex("00"));
    expect(asked(network).slice(97)).toEqual([true, ...new Array(64).fill(false), true]);
    expect(network.nvm.session?.dr).toBe(3);
  });

  test("1.1: ADRParamSetupReq says how long to wait", () => {
    const network = Network.joined({ adr: true, lorawan: "1.1" });
    const param = { limitExp: 2, delayExp: 1 };
    network.onUplink = (uplink) => {
      const commands = [{ name: "ADRParamSetupReq", param }] as const;
      network.answer(uplink, network.downlink({ commands }));
    };
    network.exchange(hex("00"));
    network.onUplink = () => {};
    for (let uplink = 0; uplink < 9; uplink++) network.exchange(hex("00"));
    expect(network.air.map(({ dr }) => dr)).toEqual([5, 5, 5, 5, 5, 5, 5, 4, 4, 3]);
    expect(asked(network).indexOf(true)).toBe(5);
  });

  test("a repeat is no further uplink", () => {
    const network = Network.joined({ adr: true });
    network.exchange(hex("00"), { confirmed: true });
    expect(network.air.length).toBe(8);
    expect(network.nvm.session?.adrAckCnt).toBe(1);
  });
});
