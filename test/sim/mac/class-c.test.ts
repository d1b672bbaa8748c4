import { describe, expect, test } from "vitest";
import type { MacDownlink } from "#sim/mac/mac-commands.wire.ts";
import { hex } from "../../hex.ts";
import { listening } from "./multicast-group.ts";
import { Network, S } from "./network.ts";

const RX2 = { dr: 0, frequencyHz: 869_525_000 };

function joined(lorawan: "1.0" | "1.0.4" | "1.1", options = {}): Network {
  return Network.joined({ lorawan, unicastClass: "C", ...options });
}

/** A downlink in a minute, out of any window of an uplink; and time for what it causes. */
function surprise(network: Network, phyPayload: Uint8Array, tuning = RX2): void {
  network.emitAt(network.engine.now + 60 * S, { phyPayload, ...tuning });
  network.run(90);
}

const application = { fPort: 7, frmPayload: hex("0a") };
const names = (network: Network) =>
  network.air.map((uplink) => network.open(uplink).commands.map(({ name }) => name));

/** Sends one uplink that is answered with commands in its first window. */
function ask(network: Network, commands: readonly MacDownlink[], fPort = 10): void {
  network.onUplink = (uplink) => network.answer(uplink, network.downlink({ commands }));
  network.exchange(hex("00"), { fPort });
  network.onUplink = () => {};
}

describe.each(["1.0", "1.0.4", "1.1"] as const)("a %s device of class C", (lorawan) => {
  test("hears a downlink on RX2 at any time, and a device of class A does not", () => {
    for (const unicastClass of ["A", "C"] as const) {
      const network = joined(lorawan, { unicastClass });
      surprise(network, network.downlink(application));
      expect(network.count("downlink")).toBe(unicastClass === "C" ? 1 : 0);
    }
  });

  test("follows RXParamSetupReq", () => {
    const network = joined(lorawan);
    const dlSettings = { rx2DataRate: 3, rx1DrOffset: 0 };
    ask(network, [{ name: "RXParamSetupReq", dlSettings, frequencyHz: 868_900_000 }]);
    surprise(network, network.downlink(application));
    expect(network.count("downlink")).toBe(0);
    surprise(network, network.downlink(application), { dr: 3, frequencyHz: 868_900_000 });
    expect(network.count("downlink")).toBe(1);
  });

  test("is with a multicast session while there is one", () => {
    const network = joined(lorawan);
    listening({}, network);
    surprise(network, network.downlink(application));
    expect(network.count("downlink")).toBe(0);
    network.mac.perform({ type: "stopClassC", groupId: 0 });
    surprise(network, network.downlink(application));
    expect(network.count("downlink")).toBe(1);
  });

  test("hears nothing after a reset until it says that it has joined", () => {
    const network = joined(lorawan);
    network.mac.reset();
    surprise(network, network.downlink(application));
    network.mac.perform({ type: "join" });
    network.run(1);
    surprise(network, network.downlink(application));
    expect(network.count("downlink")).toBe(1);
  });

  test("acknowledges a confirmed downlink at once, in an empty uplink that nobody asked for", () => {
    const network = joined(lorawan);
    surprise(network, network.downlink({ ...application, confirmed: true }));
    expect(network.events.map(({ type }) => type)).toEqual(["downlink"]);
    expect(network.air).toHaveLength(1);
    const { frame } = network.open(network.lastUplink());
    expect(frame).toMatchObject({ ack: true, confirmed: false, fPort: undefined });
  });

  test("acknowledges in the uplink that it was about to send", () => {
    const network = joined(lorawan);
    network.onEvent = ({ type }) => {
      if (type === "downlink") network.mac.perform({ type: "requestUplink" });
    };
    network.toSend.push({ fPort: 3, payload: hex("01"), confirmed: false });
    surprise(network, network.downlink({ ...application, confirmed: true }));
    expect(network.air).toHaveLength(1);
    expect(network.open(network.lastUplink()).frame).toMatchObject({ ack: true, fPort: 3 });
  });

  test("takes no downlink of class C for an answer to its uplinks", () => {
    const network = joined(lorawan);
    ask(network, [{ name: "RXTimingSetupReq", settings: { delayS: 1 } }]);
    surprise(network, network.downlink());
    network.exchange(hex("00"));
    expect(network.nvm.session?.adrAckCnt).toBe(1);
    surprise(network, network.downlink());
    expect(network.nvm.session?.adrAckCnt).toBe(1);
    network.exchange(hex("00"));
    expect(names(network).slice(1).flat()).toContain("RXTimingSetupAns");
    expect(names(network).at(-1)).toContain("RXTimingSetupAns");
  });

  test("pays for it: its receiver is on all the time", () => {
    const network = joined(lorawan);
    const { rxUs } = network.mac.radioTime(network.engine.now);
    network.run(1000);
    expect(network.mac.radioTime(network.engine.now).rxUs - rxUs).toBe(1000 * S);
  });
});

test("1.1: DeviceModeInd in each uplink until DeviceModeConf, over resets too; 1.0 has none", () => {
  const network = joined("1.1");
  ask(network, [{ name: "RekeyConf", serverVersion: { minor: 1 } }]);
  network.mac.reset();
  ask(network, [{ name: "DeviceModeConf", deviceClass: 0 }]);
  ask(network, [{ name: "DeviceModeConf", deviceClass: 2 }]);
  ask(network, []);
  expect(names(network)).toEqual([
    ["RekeyInd", "DeviceModeInd"],
    ["DeviceModeInd"],
    ["DeviceModeInd"],
    [],
  ]);
  expect(network.open(network.air[0] ?? network.lastUplink()).commands[1]).toEqual({
    name: "DeviceModeInd",
    deviceClass: 2,
  });
  for (const other of [joined("1.0"), joined("1.1", { unicastClass: "A" })]) {
    other.exchange(hex("00"));
    expect(names(other).flat()).not.toContain("DeviceModeInd");
  }
});
