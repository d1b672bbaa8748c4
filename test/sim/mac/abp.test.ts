import { describe, expect, test } from "vitest";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { Network, S } from "./network.ts";

const key = (fill: number) => Uint8Array.from({ length: 16 }, (_, index) => fill + 5 * index);
const appSKey = key(1);
const KEYS: Readonly<Record<"1.0.3" | "1.1", SessionKeys>> = {
  "1.0.3": { lorawan: "1.0", nwkSKey: key(2), appSKey },
  "1.1": {
    lorawan: "1.1",
    fNwkSIntKey: key(2),
    sNwkSIntKey: key(3),
    nwkSEncKey: key(4),
    appSKey,
  },
};

function made(lorawan: "1.0.3" | "1.1", options: ConstructorParameters<typeof Network>[0] = {}) {
  return new Network({ lorawan, abp: { devAddr: 0x260b1234, keys: KEYS[lorawan] }, ...options });
}

/** A device that has its session and stands still. */
function started(lorawan: "1.0.3" | "1.1", options = {}): Network {
  const network = made(lorawan, options);
  network.mac.perform({ type: "join" });
  network.run(11);
  network.events.splice(0);
  return network;
}

const names = (network: Network) =>
  network.air.map((uplink) => network.open(uplink).commands.map(({ name }) => name));

describe.each(["1.0.3", "1.1"] as const)("a %s device with a session of its own", (lorawan) => {
  test("sends no join request, says within ten seconds that it has joined, and exchanges data", () => {
    const network = made(lorawan);
    network.mac.perform({ type: "requestUplink" });
    network.mac.perform({ type: "join" });
    network.toSend.push({ fPort: 1, payload: hex("aa"), confirmed: false });
    expect(network.events).toEqual([]);
    network.onUplink = (uplink) => {
      network.answer(uplink, network.downlink({ fPort: 2, frmPayload: hex("bb") }));
    };
    network.run(30);
    expect(network.events.map(({ type }) => type)).toEqual([
      "joined",
      "uplinkReady",
      "downlink",
      "uplinkDone",
    ]);
    expect(network.events[0]?.atUs).toBeLessThan(10 * S);
    expect(network.open(network.lastUplink())).toMatchObject({
      frame: { devAddr: 0x260b1234, fCntLow: 0 },
      payload: hex("aa"),
    });
  });

  test("begins with its region's windows and channels", () => {
    expect(started(lorawan).nvm.session).toMatchObject({
      rx1DrOffset: 0,
      rx2Dr: 0,
      rx2FrequencyHz: 869_525_000,
      rxDelayS: 1,
      channels: [{ enabled: true }, { enabled: true }, { enabled: true }],
    });
  });

  test("keeps counters and settings over a reset: no counter is used twice", () => {
    const network = started(lorawan);
    network.onUplink = (uplink) => {
      const commands = [{ name: "RXTimingSetupReq", settings: { delayS: 3 } }] as const;
      network.answer(uplink, network.downlink({ commands }));
    };
    network.exchange(hex("00"));
    network.mac.reset();
    const revived = started(lorawan, { nvm: structuredClone(network.nvm) });
    revived.exchange(hex("01"));
    expect(revived.open(revived.lastUplink()).frame.fCntLow).toBe(1);
    expect(revived.nvm.session).toMatchObject({ rxDelayS: 3, fCntUp: 2, nFCntDown: 1 });
  });

  test("falls silent when its counters are used up: there is no other session", () => {
    const network = started(lorawan);
    if (network.nvm.session !== undefined) network.nvm.session.fCntUp = 0xffff_ffff;
    network.exchange(hex("00"));
    network.mac.perform({ type: "requestUplink" });
    network.run(3600);
    expect(network.air.length).toBe(1);
    expect(network.nvm.session?.fCntUp).toBe(0x1_0000_0000);
  });

  test("a fleet that is switched on at once does not speak at once", () => {
    const at = [1, 2, 3, 4, 5].map((seed) => {
      const network = made(lorawan, { seed });
      network.mac.perform({ type: "join" });
      network.run(11);
      return network.events[0]?.atUs;
    });
    expect(new Set(at).size).toBe(5);
  });

  test("switched off before, it has not joined", () => {
    const network = made(lorawan);
    network.mac.perform({ type: "join" });
    network.mac.reset();
    network.run(60);
    expect(network.events).toEqual([]);
    expect(network.nvm.session).toBeUndefined();
  });
});

test("1.1: ResetInd in each uplink until ResetConf, over resets too; 1.0 has none", () => {
  const network = started("1.1");
  network.exchange(hex("00"));
  network.mac.reset();
  network.exchange(hex("00"));
  network.onUplink = (uplink) => {
    const commands = [{ name: "ResetConf", serverVersion: { minor: 1 } }] as const;
    network.answer(uplink, network.downlink({ commands }));
  };
  network.exchange(hex("00"));
  network.onUplink = () => {};
  network.exchange(hex("00"));
  expect(names(network)).toEqual([["ResetInd"], ["ResetInd"], ["ResetInd"], []]);
  const old = started("1.0.3");
  old.exchange(hex("00"));
  expect(names(old)).toEqual([[]]);
});
