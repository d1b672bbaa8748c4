import { describe, expect, test } from "vitest";
import type { ActivationPolicy } from "#agent/config.ts";
import type { DeviceEffect } from "#agent/events.ts";
import { twinColumns } from "#agent/fec/twins.ts";
import { fwDownlink } from "#agent/packages/firmware-management.wire.ts";
import { hex } from "../hex.ts";
import { FragServer, multicast, openWindow, setUpGroup } from "./frag-server.ts";
import {
  factoryImage,
  GPS_AT_START,
  imageOf,
  S,
  TestDevice,
  type TestOptions,
} from "./test-device.ts";

const update = imageOf("2.0.0", 2, 120);
const FRAG_PORT = 201;
const HEARTBEAT_PORT = 1;

function started(options: TestOptions = {}): TestDevice {
  const device = new TestDevice(options);
  device.powerOn();
  return device;
}

/** Sets a session up by unicast and sends every fragment but the lost ones, then parity. */
function transfer(device: TestDevice, server: FragServer, lost: readonly number[] = []): void {
  device.downlink(FRAG_PORT, server.setup());
  for (let n = 1; n <= server.nbFrag + 12; n++) {
    if (!lost.includes(n)) device.downlink(FRAG_PORT, server.fragment(n));
  }
}

const contact = (device: TestDevice) =>
  device.send({ type: "contact", at: device.now, morePending: false });

const reboots = (effects: readonly DeviceEffect[]) =>
  effects.filter(({ type }) => type === "reboot");

describe("a whole update", () => {
  test.each([
    [1, "0110000000"],
    [2, "0100100000"],
  ] as const)(
    "TS004 v%i: repaired, verified, asked, booted, confirmed, asked again",
    (version, answer) => {
      const parityVariant = version === 1 ? "ts004-v1" : "ts004-v2-lbm";
      const packages = { clockSync: version, multicastSetup: version, fragmentation: version };
      const device = started({ config: { packages, parityVariant } });
      const server = new FragServer({ version, data: update, fragSize: 20 });
      transfer(device, server, [2, 5, 6]);
      expect(device.notes.map(({ type }) => type)).toEqual([
        "booted",
        "fragSetup",
        "fragComplete",
        "imageVerified",
        "staged",
      ]);
      expect(device.bank(1).subarray(0, update.length)).toEqual(update);
      expect(
        device
          .bank(1)
          .subarray(update.length)
          .every((byte) => byte === 0xff),
      ).toBe(true);
      expect(reboots(device.effects)).toEqual([]);

      const received = device.status().sessions[0]?.received ?? 0;
      device.downlink(FRAG_PORT, server.statusReq());
      device.wait(17);
      const counted = hex(`${received.toString(16)}`)[0] ?? 0;
      const expected = hex(answer.replace(/(..)/g, "$1 "));
      expected[version] = counted;
      expect(device.sent(FRAG_PORT).at(-1)?.payload).toEqual(expected);
      expect(device.effects.at(-1)).toEqual({ type: "reboot", reason: "activate" });

      device.powerOn();
      expect(device.decision).toMatchObject({ ok: true, bank: 1, trial: true });
      expect(device.boot.report().pending).toBe(1);
      contact(device);
      expect(device.boot.report()).toMatchObject({ active: 1, lastReason: "confirmed" });
      expect(device.timerAt("trialDeadline")).toBeUndefined();
      expect(device.status()).toMatchObject({
        running: { version: "2.0.0+0" },
        sessions: [{ missing: 0, state: "complete", received }],
        lastFailure: undefined,
      });
      device.downlink(FRAG_PORT, server.statusReq());
      device.wait(17);
      expect(device.sent(FRAG_PORT).at(-1)?.payload).toEqual(expected);
    },
  );

  test("by multicast in a class C window; counters, groups and windows outlive a reset", () => {
    const device = started();
    const server = new FragServer({ version: 1, data: update, fragSize: 20 });
    setUpGroup(device);
    device.downlink(FRAG_PORT, server.setup());
    openWindow(device, GPS_AT_START + 100, 8);
    expect(device.status().groups).toMatchObject([{ session: "programmed" }]);
    device.wait(101);
    expect(device.status().groups).toMatchObject([{ session: "open" }]);
    for (let n = 1; n <= 6; n++)
      device.downlink(FRAG_PORT, server.fragment(n), multicast(0, n - 1));
    device.rtcGps = GPS_AT_START + 130;
    device.effects.length = 0;
    device.powerOn();
    const effects = device.effects.filter(({ type }) => /McGroup|ClassC/.test(type));
    expect(effects).toMatchObject([
      { type: "setMcGroup", groupId: 0, nextMcFCnt: 6 },
      { type: "startClassC", groupId: 0, frequencyHz: 869_525_000, dr: 5 },
    ]);
    device.downlink(FRAG_PORT, server.fragment(6), multicast(0, 5));
    expect(device.status().sessions).toMatchObject([{ received: 6 }]);
    for (let n = 7; n <= server.nbFrag; n++) {
      device.downlink(FRAG_PORT, server.fragment(n), multicast(0, n - 1));
    }
    expect(device.status().sessions).toMatchObject([
      { state: "complete", received: server.nbFrag },
    ]);
    for (let fCnt = server.nbFrag; fCnt < server.nbFrag + 5; fCnt++) {
      device.downlink(FRAG_PORT, server.fragment(fCnt + 1), multicast(0, fCnt));
    }
    device.wait(300);
    device.powerOn();
    expect(device.status().groups).toMatchObject([{ nextMcFCnt: server.nbFrag + 5 }]);
  });
});

describe("images that are refused", () => {
  test.each([
    ["signature", (image: Uint8Array) => flipped(image, image.length - 3)],
    ["digest", (image: Uint8Array) => flipped(image, 40)],
    ["imageFormat", (image: Uint8Array) => flipped(image, 0)],
    ["downgrade", () => imageOf("3.0.0", 0, 120)],
  ] as const)("%s: the transfer is a success, the image is not booted", (reason, spoil) => {
    const device = started();
    const server = new FragServer({ version: 1, data: spoil(update), fragSize: 20 });
    transfer(device, server);
    device.downlink(FRAG_PORT, server.statusReq());
    device.wait(4000);
    expect(device.sent(FRAG_PORT).at(-1)?.payload.subarray(3)).toEqual(hex("00 00"));
    expect(reboots(device.effects)).toEqual([]);
    expect(device.status()).toMatchObject({ lastFailure: reason, sessions: [{ failure: reason }] });
    expect(device.boot.report()).toMatchObject({ pending: undefined, lastReason: "abandoned" });
    device.powerOn();
    expect(device.status()).toMatchObject({
      lastFailure: reason,
      running: { version: "1.0.0+0" },
      sessions: [{ missing: 0, state: "complete" }],
    });
  });

  test("wrong MIC: neither verified nor booted, and the next session succeeds", () => {
    const packages = { clockSync: 2, multicastSetup: 2, fragmentation: 2 } as const;
    const device = started({ config: { packages, parityVariant: "ts004-v2-lbm" } });
    const options = { version: 2, data: update, fragSize: 20 } as const;
    transfer(device, new FragServer({ ...options, isMicWrong: true }));
    expect(device.status()).toMatchObject({ lastFailure: "mic" });
    transfer(device, new FragServer({ ...options, sessionCnt: 1 }), [1]);
    expect(device.status()).toMatchObject({ lastFailure: undefined });
    expect(device.boot.report().pending).toBe(1);
  });

  test("a matrix of the other version is named", () => {
    const device = started({ config: { parityVariant: "ts004-v2-lbm" } });
    const server = new FragServer({ version: 1, data: update, fragSize: 20 });
    transfer(device, server, [2, 5, 6, 9]);
    expect(device.status().lastFailure).toBe("wrongVariant");
    expect(device.boot.report().pending).toBeUndefined();
  });
});

function flipped(image: Uint8Array, at: number): Uint8Array {
  const bad = image.slice();
  bad[at] = (bad[at] ?? 0) ^ 0x10;
  return bad;
}

test("two lost fragments that no coded one tells apart are named", () => {
  const device = started();
  const server = new FragServer({ version: 1, data: new Uint8Array(1536), fragSize: 8 });
  const [twins] = twinColumns("ts004-v1", server.nbFrag, 57);
  device.downlink(FRAG_PORT, server.setup());
  for (let n = 1; n <= server.nbFrag + 57; n++) {
    if (twins?.includes(n - 1) !== true) device.downlink(FRAG_PORT, server.fragment(n));
  }
  expect(twins).toHaveLength(2);
  expect(device.status()).toMatchObject({ lastFailure: "twinColumns", sessions: [{ missing: 1 }] });
});

describe("activation", () => {
  function staged(activation: ActivationPolicy): TestDevice {
    const device = started({ config: { activation } });
    transfer(device, new FragServer({ version: 1, data: update, fragSize: 20, blockAckDelay: 1 }));
    expect(device.notes.at(-1)).toEqual({ type: "staged" });
    return device;
  }

  test("afterStatus: without a request, at the time-out", () => {
    const device = staged({ policy: "afterStatus", timeoutS: 3600 });
    device.wait(3599);
    expect(device.reboots).toBe(0);
    device.wait(2);
    expect(device.reboots).toBe(1);
  });

  test("afterStatus: not by a status that was given before the block was complete", () => {
    const device = started();
    const server = new FragServer({ version: 1, data: update, fragSize: 20 });
    device.downlink(FRAG_PORT, server.setup());
    device.downlink(FRAG_PORT, server.statusReq());
    device.wait(20);
    for (let n = 1; n <= server.nbFrag; n++) device.downlink(FRAG_PORT, server.fragment(n));
    device.wait(100);
    expect(device.reboots).toBe(0);
  });

  test("afterStatus: other answers that wait are sent first", () => {
    const device = staged({ policy: "afterStatus", timeoutS: 3600 });
    device.onUplink = ({ fPort, payload }) => {
      if (fPort === FRAG_PORT && payload[0] === 1) device.downlink(FRAG_PORT, hex("00"));
    };
    device.downlink(FRAG_PORT, hex("01 01"));
    device.wait(40);
    expect(device.sent(FRAG_PORT).map(({ payload }) => payload[0])).toEqual([2, 1, 0]);
    expect(device.reboots).toBe(1);
  });

  test("immediate: within the random delay of BlockAckDelay", () => {
    const device = staged({ policy: "immediate" });
    expect(device.timerAt("activation")).toBeLessThan(32 * S);
    device.wait(32);
    expect(device.reboots).toBe(1);
  });

  test("atTime: when the clock says so, also after it was corrected", () => {
    const device = staged({ policy: "atTime", gps: GPS_AT_START + 500 });
    device.wait(499);
    expect(device.reboots).toBe(0);
    device.wait(2);
    expect(device.reboots).toBe(1);
  });

  test("onCommand: by TS006 alone", () => {
    const device = staged({ policy: "onCommand" });
    device.downlink(FRAG_PORT, hex("01 01"));
    device.wait(7200);
    expect(device.reboots).toBe(0);
    device.downlink(203, fwDownlink.encode({ name: "DevUpgradeImageReq" }));
    expect(device.sent(203).at(-1)?.payload).toEqual(hex("04 03 00 00 00 02"));
    device.downlink(203, fwDownlink.encode({ name: "DevRebootCountdownReq", countdown: 10 }));
    device.wait(11);
    expect(device.effects.at(-1)).toEqual({ type: "reboot", reason: "command" });
    device.powerOn();
    expect(device.decision).toMatchObject({ bank: 1, trial: true });
  });

  test("TS006 deletes the staged image: nothing is activated", () => {
    const device = staged({ policy: "afterStatus", timeoutS: 3600 });
    const firmwareToDeleteVersion = 0x0200_0000;
    device.downlink(203, fwDownlink.encode({ name: "DevDeleteImageReq", firmwareToDeleteVersion }));
    expect(device.sent(203).at(-1)?.payload).toEqual(hex("05 00"));
    device.wait(7200);
    expect(device.reboots).toBe(0);
    device.powerOn();
    expect(device.decision).toMatchObject({ bank: 0, trial: false });
  });

  test("deleting the session keeps the image; another index waits until it has booted", () => {
    const device = staged({ policy: "afterStatus", timeoutS: 3600 });
    device.downlink(FRAG_PORT, hex("03 00"));
    const options = { version: 1, data: new Uint8Array(300), fragSize: 20 } as const;
    const [auxiliary, other] = [2, 1].map(
      (fragIndex) => new FragServer({ ...options, fragIndex }),
    ) as [FragServer, FragServer];
    device.downlink(FRAG_PORT, auxiliary.setup());
    device.downlink(FRAG_PORT, other.setup());
    expect(device.status().sessions).toMatchObject([{ fragIndex: 2 }]);
    device.wait(3601);
    device.powerOn();
    contact(device);
    device.downlink(FRAG_PORT, other.setup());
    expect(device.status().sessions).toMatchObject([{ fragIndex: 2 }, { fragIndex: 1 }]);
  });
});

describe("a new image on trial", () => {
  function onTrial(): TestDevice {
    const device = started();
    transfer(device, new FragServer({ version: 1, data: update, fragSize: 20 }));
    device.downlink(FRAG_PORT, hex("01 01"));
    device.wait(20);
    device.uplinks.length = 0;
    device.effects.length = 0;
    device.powerOn();
    return device;
  }

  test("speaks at once and asks to be acknowledged until it is confirmed", () => {
    const device = onTrial();
    expect(device.uplinks).toMatchObject([{ fPort: HEARTBEAT_PORT, confirmed: true }]);
    device.wait(60);
    expect(device.uplinks.every(({ confirmed }) => confirmed)).toBe(true);
    contact(device);
    expect(device.notes.at(-1)).toEqual({ type: "confirmed" });
    device.wait(120);
    expect(device.uplinks.at(-1)?.confirmed).toBe(false);
  });

  test("tries often enough before its deadline, also in an open class C window", () => {
    const device = started({ config: { heartbeatS: 3600 } });
    setUpGroup(device);
    openWindow(device, GPS_AT_START + 10, 12);
    transfer(device, new FragServer({ version: 1, data: update, fragSize: 20 }));
    device.powerOn();
    expect(device.decision).toMatchObject({ trial: true });
    device.uplinks.length = 0;
    device.wait(590);
    expect(device.status().groups).toMatchObject([{ session: "open" }]);
    expect(device.uplinks.length).toBeGreaterThanOrEqual(9);
    contact(device);
    device.uplinks.length = 0;
    device.wait(1000);
    expect(device.uplinks).toEqual([]);
  });

  test("a downlink of its own confirms, a multicast frame does not", () => {
    const device = onTrial();
    setUpGroup(device);
    expect(device.boot.report().active).toBe(1);
    const other = onTrial();
    other.downlink(FRAG_PORT, hex("01 01"), multicast(0, 0));
    expect(other.boot.report().active).toBe(0);
  });

  test("leaves its bank alone when fragments come for a session set up before the reset", () => {
    const device = started();
    setUpGroup(device);
    const server = new FragServer({ version: 1, data: update, fragSize: 20 });
    transfer(device, server);
    device.downlink(FRAG_PORT, server.setup());
    device.powerOn();
    expect(device.decision).toMatchObject({ bank: 1, trial: true });
    device.downlink(FRAG_PORT, server.fragment(1), multicast(0, 0));
    expect(device.bank(1).subarray(0, update.length)).toEqual(update);
    expect(device.status().sessions).toMatchObject([{ state: "ready", received: 0 }]);
    contact(device);
    device.downlink(FRAG_PORT, server.fragment(2), multicast(0, 1));
    expect(device.status().sessions).toMatchObject([{ state: "receiving", received: 1 }]);
    expect(device.bank(1).subarray(0, update.length)).toEqual(update);
  });

  test("without contact it resets itself, and after three trials the old image is back", () => {
    const device = onTrial();
    for (let trial = 1; trial <= 3; trial++) {
      expect(device.decision).toMatchObject({ bank: 1, trial: true });
      device.wait(601);
      expect(device.effects.at(-1)).toEqual({ type: "reboot", reason: "trialDeadline" });
      device.powerOn();
    }
    expect(device.decision).toMatchObject({ bank: 0, trial: false });
    expect(device.status()).toMatchObject({
      lastFailure: "rolledBack",
      running: { version: "1.0.0+0" },
      sessions: [{ state: "complete" }],
    });
    expect(device.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
  });
});

describe("when it speaks", () => {
  test("asks for the time after joining, then one heartbeat a period", () => {
    const device = new TestDevice();
    device.rtcSynced = false;
    device.powerOn();
    expect(device.uplinks).toMatchObject([{ fPort: 202 }]);
    device.rtcSynced = true;
    device.powerOn();
    device.uplinks.length = 0;
    device.wait(600);
    const beats = device.sent(HEARTBEAT_PORT);
    expect(beats.length).toBeGreaterThanOrEqual(9);
    expect(beats.length).toBeLessThanOrEqual(11);
  });

  test("at once while the server has more, but not for ever", () => {
    const device = started();
    let pending = 3;
    device.onUplink = () => {
      pending -= 1;
      device.send({ type: "contact", at: device.now, morePending: pending > 0 });
    };
    device.wait(60);
    expect(device.sent(HEARTBEAT_PORT)).toHaveLength(3);
    device.onUplink = () => {
      device.send({ type: "contact", at: device.now, morePending: true });
    };
    device.wait(60);
    expect(device.uplinks.length).toBeLessThan(50);
  });

  test("one answer an uplink, or several when told so and they fit", () => {
    const three = hex("00 01 03 01 02");
    const sizes = (options: TestOptions) => {
      const device = started(options);
      const server = new FragServer({ version: 1, data: update, fragSize: 20 });
      device.downlink(FRAG_PORT, Uint8Array.of(...hex("00 03 01 03 02 03 03"), ...server.setup()));
      return device.sent(FRAG_PORT).map(({ payload }) => payload.length);
    };
    expect(three).toHaveLength(5);
    expect(sizes({})).toEqual([3, 2, 2, 2, 2]);
    const quirks = { chirpstackAnswers: false, aggregateAnswers: true };
    // The modem asks as soon as there is one answer, so the first goes out with all that follow.
    expect(sizes({ config: { quirks } })).toEqual([11]);
    expect(sizes({ config: { quirks }, payloadMaxBytes: 5 })).toEqual([5, 4, 2]);
  });

  test("keeps quiet in an open class C window but for answers; then fetches the status request", () => {
    const device = started();
    setUpGroup(device);
    openWindow(device, GPS_AT_START + 100, 9);
    device.wait(98);
    device.uplinks.length = 0;
    device.wait(500);
    expect(device.uplinks).toEqual([]);
    device.downlink(FRAG_PORT, hex("00"));
    expect(device.sent(FRAG_PORT)).toHaveLength(1);
    device.uplinks.length = 0;
    device.wait(100);
    const beats = device.sent(HEARTBEAT_PORT);
    expect(beats.length).toBeGreaterThanOrEqual(4);
    expect(beats[0]?.atS).toBeLessThan(100 + 512 + 17);
  });
});

describe("the state of a device and what happens to it", () => {
  const events = {
    heartbeatTimer: (device: TestDevice) => device.wait(61),
    unknownPort: (device: TestDevice) => device.downlink(99, hex("01 02 03")),
    emptyFrame: (device: TestDevice) => device.downlink(FRAG_PORT, new Uint8Array(0)),
    fragment: (device: TestDevice) =>
      device.downlink(FRAG_PORT, Uint8Array.of(8, 1, 0, ...new Uint8Array(20))),
    lateUplinkDone: (device: TestDevice) => device.send({ type: "uplinkDone", at: device.now }),
    uplinkReady: (device: TestDevice) =>
      device.send({ type: "uplinkReady", at: device.now, payloadMaxBytes: 11 }),
    joinedAgain: (device: TestDevice) => device.send({ type: "joined", at: device.now }),
    strayTimers: (device: TestDevice) => {
      for (const id of ["fragAnswer3", "fragReceived2", "mcStart1", "mcEnd0", "reboot"] as const) {
        device.send({ type: "timer", at: device.now, id });
      }
    },
  };

  test.each(Object.entries(events))(
    "%s does nothing to a device without a session",
    (_name, act) => {
      const device = started();
      const before = device.status();
      act(device);
      expect(device.status()).toEqual(before);
      expect(device.reboots).toBe(0);
    },
  );

  test.each(Object.entries(events))("%s does not disturb a complete block", (name, act) => {
    const device = started();
    transfer(device, new FragServer({ version: 1, data: update, fragSize: 20 }));
    const before = device.status();
    act(device);
    if (name !== "joinedAgain") expect(device.status()).toEqual(before);
    expect(device.boot.report().pending).toBe(1);
  });
});
