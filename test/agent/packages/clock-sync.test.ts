import { describe, expect, test } from "vitest";
import {
  buildAppTimeReq,
  buildPeriodicityAns,
  newClockSyncState,
  stepClockSync,
} from "#agent/packages/clock-sync.ts";
import { clockSyncDownlink } from "#agent/packages/clock-sync.wire.ts";
import { hex } from "../../hex.ts";
import { multicast, NOW_GPS, S, TestIo, unicast } from "./test-io.ts";

/** Just enough device to run one machine. */
class Node {
  readonly io: TestIo;
  readonly state;
  readonly version: 1 | 2;

  constructor(
    options: { readonly gps?: number; readonly synced?: boolean; readonly version?: 1 | 2 } = {},
    period?: number,
  ) {
    this.io = new TestIo(options);
    this.state = newClockSyncState(period);
    this.version = options.version ?? 2;
  }

  step(type: "boot" | "joined" | "timer" | "syncRequired"): boolean {
    return stepClockSync(this.state, { type }, this, this.io);
  }

  receive(bytes: string, source: typeof unicast | typeof multicast = unicast): boolean {
    const payload = hex(bytes);
    return stepClockSync(this.state, { type: "downlink", payload, source }, this, this.io);
  }

  /** Whatever waits goes out, `afterS` seconds from now. */
  send(afterS = 0): Uint8Array {
    this.io.at += afterS * S;
    return buildAppTimeReq(this.state, this.io);
  }

  correct(correctionS: number, token: number): boolean {
    const command = {
      name: "AppTimeAns",
      timeCorrection: correctionS,
      param: { tokenAns: token },
    } as const;
    const payload = clockSyncDownlink.encode(command);
    const event = { type: "downlink", payload, source: unicast } as const;
    return stepClockSync(this.state, event, this, this.io);
  }

  /** Seconds from now to the armed timer. */
  get timerIn(): number | undefined {
    const at = this.io.timerAt("clockSync");
    return at === undefined ? undefined : (at - this.io.at) / S;
  }
}

const APP_TIME_REQ = [{ type: "appTimeReq" }];
const DAY_AND_A_HALF_S = 36 * 3600;

describe("what each event makes a device do", () => {
  test.each([
    { synced: false, event: "boot", says: [], timerIn: undefined },
    { synced: false, event: "joined", says: APP_TIME_REQ, timerIn: 30 },
    { synced: false, event: "timer", says: APP_TIME_REQ, timerIn: 30 },
    { synced: false, event: "syncRequired", says: APP_TIME_REQ, timerIn: 30 },
    { synced: true, event: "boot", says: [], timerIn: DAY_AND_A_HALF_S - 30 },
    { synced: true, event: "joined", says: [], timerIn: undefined },
    { synced: true, event: "timer", says: APP_TIME_REQ, timerIn: DAY_AND_A_HALF_S - 30 },
    { synced: true, event: "syncRequired", says: [], timerIn: undefined },
  ] as const)("synced $synced, $event", ({ synced, event, says, timerIn }) => {
    const node = new Node({ synced });
    expect(node.step(event)).toBe(false);
    expect(node.io.sayings).toEqual(says);
    expect(node.timerIn).toBe(timerIn);
  });
});

describe("AppTimeReq", () => {
  test("carries the clock of the moment it leaves, not of the moment it was queued", () => {
    const node = new Node({ synced: false, gps: 1024 });
    node.step("joined");
    expect(node.send()).toEqual(hex("01 00 04 00 00 10"));
    expect(node.send(300)).toEqual(hex("01 2c 05 00 00 10"));
  });

  test("wants an answer as long as nobody has confirmed the clock, then only news", () => {
    const node = new Node({ synced: false, gps: 0 });
    expect(node.send()[5]).toBe(0x10);
    node.correct(0, 0);
    expect(node.send()[5]).toBe(0x01);
  });
});

describe("the token", () => {
  test("stays while requests are not answered", () => {
    const node = new Node({ synced: false });
    for (let count = 0; count < 3; count++) expect(node.send()[5]).toBe(0x10);
  });

  test("moves on by one with each answer that was used, modulo 16", () => {
    const node = new Node({ synced: false });
    for (let count = 0; count < 17; count++) {
      expect((node.send()[5] ?? 0) & 15).toBe(count % 16);
      expect(node.correct(0, count % 16)).toBe(true);
    }
  });

  test("an answer with another token changes nothing", () => {
    const node = new Node({ synced: false });
    node.send();
    node.io.takeEffects();
    for (const token of [1, 2, 15]) expect(node.correct(100, token)).toBe(false);
    expect(node.io.clock.gps(node.io.at)).toBe(NOW_GPS);
    expect(node.io.clock.synced).toBe(false);
    expect(node.io.isIdle).toBe(true);
    expect(node.send()[5]).toBe(0x10);
  });

  test("a second copy of an answer changes nothing, not even after 16 answers", () => {
    const node = new Node({ synced: false, gps: 1000 });
    node.send();
    expect(node.correct(10, 0)).toBe(true);
    expect(node.correct(10, 0)).toBe(false);
    expect(node.correct(10, 1)).toBe(false);
    expect(node.io.clock.gps(node.io.at)).toBe(1010);
  });

  test("an answer that was never asked for changes nothing", () => {
    const node = new Node({ synced: false });
    expect(node.correct(10, 0)).toBe(false);
    expect(node.io.isIdle).toBe(true);
  });

  test("of two requests under one token, the first answer counts", () => {
    const node = new Node({ synced: false, gps: 1000 });
    node.send();
    node.send(30);
    expect(node.correct(10, 0)).toBe(true);
    expect(node.correct(10, 0)).toBe(false);
    expect(node.io.clock.gps(node.io.at)).toBe(1040);
  });
});

describe("AppTimeAns", () => {
  test("sets the clock and is noted", () => {
    const node = new Node({ synced: false, gps: 1000 });
    node.send();
    expect(node.correct(-1, 0)).toBe(true);
    expect(node.io.clock.synced).toBe(true);
    const note = { type: "clockSynced", gps: 999, correctionS: -1 };
    expect(node.io.effects).toContainEqual({ type: "note", note });
    expect(node.timerIn).toBe(DAY_AND_A_HALF_S - 30);
  });

  test.each([1, 2] as const)(
    "version %i: a saturated correction is followed by another",
    (version) => {
      const node = new Node({ synced: false, gps: 0, version });
      node.send();
      expect(node.correct(0x7fffffff, 0)).toBe(true);
      expect(node.io.clock.gps(node.io.at)).toBe(0x7fffffff);
      expect(node.io.clock.synced).toBe(false);
      expect(node.io.takeSayings()).toEqual(APP_TIME_REQ);
      expect(node.send()).toEqual(hex("01 ff ff ff 7f 11"));
      node.correct(0x03a53881, 1);
      expect(node.io.clock.gps(node.io.at)).toBe(0x83a53880);
      expect(node.io.clock.synced).toBe(true);
      expect(node.io.sayings).toEqual([]);
    },
  );

  test("saturation downwards too", () => {
    const node = new Node({ synced: true, gps: 2 ** 32 - 1 });
    node.send();
    node.correct(-(2 ** 31), 0);
    expect(node.io.clock.gps(node.io.at)).toBe(0x7fffffff);
    expect(node.io.clock.synced).toBe(false);
    expect(node.io.sayings).toEqual(APP_TIME_REQ);
  });
});

describe("a server that does not answer", () => {
  test("is asked ever more rarely, down to once an hour", () => {
    const node = new Node({ synced: false });
    node.step("joined");
    const delays = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
    for (const delay of delays) {
      node.send();
      expect(node.timerIn).toBe(delay);
      node.step("timer");
    }
  });

  test("by each device at another moment", () => {
    const node = new Node({ synced: false });
    node.io.luck = 1;
    node.send();
    expect(node.timerIn).toBeCloseTo(45, 5);
  });

  test("a request that never left is repeated", () => {
    const node = new Node({ synced: false });
    node.step("joined");
    expect(node.timerIn).toBe(30);
  });

  test("after an answer the back-off starts again", () => {
    const node = new Node({ synced: false });
    for (let count = 0; count < 5; count++) node.send();
    node.correct(0x7fffffff, 0);
    node.send();
    expect(node.timerIn).toBe(30);
  });
});

describe("DeviceAppTimePeriodicityReq", () => {
  test.each([
    { period: 0, seconds: 128 },
    { period: 7, seconds: 16_384 },
    { period: 15, seconds: 4_194_304 },
  ])("period $period is $seconds s, give or take 30", ({ period, seconds }) => {
    const node = new Node({ synced: true });
    node.receive(`02 0${period.toString(16)}`);
    expect(node.io.sayings).toEqual([{ type: "periodicityAns" }]);
    expect(node.io.persisted).toEqual([{ type: "clockPeriod" }]);
    expect(node.state.period).toBe(period);
    expect(node.timerIn).toBe(seconds - 30);
    node.io.luck = 1;
    node.send();
    expect(node.timerIn).toBe(seconds + 30);
    node.io.luck = 0.5;
    node.send();
    expect(node.timerIn).toBe(seconds);
  });

  test("is always supported, and answered with the clock of the moment", () => {
    const node = new Node({ gps: 1024 });
    expect(buildPeriodicityAns(node.io)).toEqual(hex("02 00 00 04 00 00"));
  });

  test("does not slow down a device that still looks for the time", () => {
    const node = new Node({ synced: false });
    node.send();
    node.receive("02 0f");
    expect(node.timerIn).toBe(30);
  });

  test("holds in the next life, when the journal kept it", () => {
    const node = new Node({ synced: true }, 3);
    node.step("boot");
    expect(node.timerIn).toBe(1024 - 30);
  });
});

describe("ForceDeviceResyncReq", () => {
  test("0 transmissions change nothing", () => {
    const node = new Node({ synced: true });
    node.receive("03 00");
    expect(node.io.isIdle).toBe(true);
  });

  test("so many requests as asked, at least 10 s apart, each wanting an answer", () => {
    const node = new Node({ synced: true });
    node.receive("03 03");
    const delays: (number | undefined)[] = [];
    for (let count = 0; count < 3; count++) {
      expect(node.io.takeSayings()).toEqual(APP_TIME_REQ);
      expect(node.send()[5]).toBe(0x10);
      delays.push(node.timerIn);
      node.step("timer");
    }
    expect(delays).toEqual([10, 10, DAY_AND_A_HALF_S - 30]);
  });

  test("spaced by up to 15 s", () => {
    const node = new Node({ synced: true });
    node.io.luck = 1;
    node.receive("03 02");
    node.send();
    expect(node.timerIn).toBeCloseTo(15, 5);
  });

  test("ends with the first answer", () => {
    const node = new Node({ synced: true });
    node.receive("03 07");
    node.send();
    node.correct(1, 0);
    expect(node.timerIn).toBe(DAY_AND_A_HALF_S - 30);
    node.step("timer");
    expect(node.send()[5]).toBe(0x01);
  });

  test("an answer that was not meant does not end it", () => {
    const node = new Node({ synced: true });
    node.receive("03 07");
    node.send();
    node.correct(1, 5);
    expect(node.state.resyncsLeft).toBe(6);
  });
});

describe("downlinks", () => {
  test.each([
    { version: 1, bytes: "00 01 01" },
    { version: 2, bytes: "00 01 02" },
  ] as const)("package version $version", ({ version, bytes }) => {
    const node = new Node({ version });
    node.receive("00");
    expect(node.io.sayings).toEqual([{ type: "answer", fPort: 202, payload: hex(bytes) }]);
  });

  test("several commands in one frame are obeyed in order, one answer each", () => {
    const node = new Node({ synced: true });
    node.receive("02 05 00 03 01");
    expect(node.io.sayings.map(({ type }) => type)).toEqual([
      "periodicityAns",
      "answer",
      "appTimeReq",
    ]);
  });

  test.each(["04 00", "01 00 00", "ff"])("what cannot be read (%s) ends the frame", (bytes) => {
    const node = new Node({ synced: true });
    node.receive(`00 ${bytes} 00`);
    expect(node.io.sayings).toHaveLength(1);
    expect(node.io.effects).toEqual([]);
  });

  test("nothing on a multicast address is for this package", () => {
    const node = new Node({ synced: false });
    node.send();
    node.io.takeEffects();
    expect(node.receive("00 02 03 03 05 01 0a 00 00 00 00", multicast)).toBe(false);
    expect(node.io.isIdle).toBe(true);
    expect(node.io.clock.gps(node.io.at)).toBe(NOW_GPS);
  });
});
