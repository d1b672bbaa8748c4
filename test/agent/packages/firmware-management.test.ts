import { describe, expect, test } from "vitest";
import {
  buildRebootTimeAns,
  type FirmwareManagementIo,
  type ImageSlotQuery,
  newFirmwareManagementState,
  stepFirmwareManagement,
} from "#agent/packages/firmware-management.ts";
import { hex } from "../../hex.ts";
import { multicast, NOW_GPS, S, TestIo, unicast } from "./test-io.ts";

class Io extends TestIo implements FirmwareManagementIo {
  image: ImageSlotQuery = { status: 0, version: 0 };
  deletions = 0;

  queryImage(): ImageSlotQuery {
    return this.image;
  }

  deleteImage(): void {
    this.deletions += 1;
  }
}

class Node {
  readonly io: Io;
  readonly state = newFirmwareManagementState();
  readonly config = { fwVersion: 0x11223344, hwVersion: 0x12345678 };

  constructor(options: { readonly synced?: boolean; readonly image?: ImageSlotQuery } = {}) {
    this.io = new Io(options);
    if (options.image !== undefined) this.io.image = options.image;
  }

  receive(bytes: string, source: typeof unicast | typeof multicast = unicast): this {
    const event = { type: "downlink", payload: hex(bytes), source } as const;
    stepFirmwareManagement(this.state, event, this.config, this.io);
    return this;
  }

  step(type: "timer" | "clockCorrected"): void {
    stepFirmwareManagement(this.state, { type }, this.config, this.io);
  }

  takeAnswers(): readonly Uint8Array[] {
    return this.io.takeSayings().map((saying) => {
      if (saying.type === "answer") return saying.payload;
      if (saying.type === "rebootTimeAns") return buildRebootTimeAns(saying.rebootGps, this.io);
      throw new RangeError(`unexpected ${saying.type}`);
    });
  }
}

const REBOOT = [{ type: "reboot", reason: "command" }];
const armed = (at: number) => [{ type: "setTimer", id: "reboot", at }];
const CANCELLED = [{ type: "clearTimer", id: "reboot" }];
const inHexLe = (value: number) =>
  [0, 8, 16, 24].map((shift) => ((value >>> shift) & 255).toString(16)).join(" ");

test.each([
  { request: "00", answer: "00 04 01" },
  { request: "01", answer: "01 44 33 22 11 78 56 34 12" },
])("$request is answered $answer", ({ request, answer }) => {
  const node = new Node().receive(request);
  expect(node.io.sayings).toEqual([{ type: "answer", fPort: 203, payload: hex(answer) }]);
});

describe("DevRebootTimeReq", () => {
  test.each([
    { what: "0: at once, no answer", time: "00 00 00 00", answers: [], effects: REBOOT },
    { what: "cancel", time: "ff ff ff ff", answers: ["02 ff ff ff ff"], effects: CANCELLED },
    {
      what: "ahead",
      time: inHexLe(NOW_GPS + 300),
      answers: ["02 2c 01 00 00"],
      effects: armed(400 * S),
    },
    { what: "now", time: inHexLe(NOW_GPS), answers: ["02 00 00 00 00"], effects: [] },
    { what: "past", time: inHexLe(NOW_GPS - 1), answers: ["02 00 00 00 00"], effects: [] },
  ])("$what", ({ time, answers, effects }) => {
    const node = new Node({ synced: true }).receive(`02 ${time}`);
    expect(node.takeAnswers()).toEqual(answers.map(hex));
    expect(node.io.takeEffects()).toEqual(effects);
  });

  test("cannot be kept on a clock that nobody has confirmed", () => {
    const node = new Node({ synced: false }).receive(`02 ${inHexLe(NOW_GPS + 300)}`);
    expect(node.takeAnswers()).toEqual([hex("02 00 00 00 00")]);
    expect(node.io.takeEffects()).toEqual([]);
  });

  test("at once works on any clock", () => {
    const node = new Node({ synced: false }).receive("02 00 00 00 00");
    expect(node.io.takeEffects()).toEqual(REBOOT);
  });

  test("the answer counts from the moment it leaves", () => {
    const node = new Node().receive(`02 ${inHexLe(NOW_GPS + 300)}`);
    node.io.at += 100 * S;
    expect(node.takeAnswers()).toEqual([hex("02 c8 00 00 00")]);
  });
});

describe("DevRebootCountdownReq", () => {
  test.each([
    { what: "0: at once, no answer", countdown: "00 00 00", answers: [], effects: REBOOT },
    { what: "cancel", countdown: "ff ff ff", answers: ["03 ff ff ff"], effects: CANCELLED },
    { what: "ahead", countdown: "2c 01 00", answers: ["03 2c 01 00"], effects: armed(400 * S) },
    {
      what: "the longest",
      countdown: "fe ff ff",
      answers: ["03 fe ff ff"],
      effects: armed((100 + 0xfffffe) * S),
    },
  ])("$what", ({ countdown, answers, effects }) => {
    for (const synced of [true, false]) {
      const node = new Node({ synced }).receive(`03 ${countdown}`);
      expect(node.takeAnswers()).toEqual(answers.map(hex));
      expect(node.io.takeEffects()).toEqual(effects);
    }
  });
});

describe("the pending reboot", () => {
  const AHEAD = `02 ${inHexLe(NOW_GPS + 300)}`;

  test("comes when its time has come, not before", () => {
    const node = new Node().receive(AHEAD);
    node.io.takeEffects();
    node.io.at = 400 * S - 1;
    node.step("timer");
    expect(node.io.takeEffects()).toEqual(armed(400 * S));
    node.io.at = 400 * S;
    node.step("timer");
    expect(node.io.takeEffects()).toEqual(REBOOT);
    node.step("timer");
    expect(node.io.takeEffects()).toEqual([]);
  });

  test.each([
    { first: AHEAD, second: "03 0a 00 00", at: 110 * S },
    { first: "03 0a 00 00", second: AHEAD, at: 400 * S },
    { first: "03 0a 00 00", second: "03 14 00 00", at: 120 * S },
  ])("is only one: $first, then $second", ({ first, second, at }) => {
    const node = new Node().receive(first);
    node.io.takeEffects();
    node.receive(second);
    expect(node.io.takeEffects()).toEqual(armed(at));
  });

  test.each([
    { set: AHEAD, cancel: "03 ff ff ff" },
    { set: "03 0a 00 00", cancel: "02 ff ff ff ff" },
  ])("$set is cancelled by $cancel", ({ set, cancel }) => {
    const node = new Node().receive(set).receive(cancel);
    node.io.takeEffects();
    node.io.at = 1000 * S;
    node.step("timer");
    expect(node.io.takeEffects()).toEqual([]);
  });

  test("a time that cannot be kept leaves it as it was", () => {
    const node = new Node().receive("03 0a 00 00");
    node.receive(`02 ${inHexLe(NOW_GPS - 5)}`);
    expect(node.state.reboot).toEqual({ type: "countdown", at: 110 * S });
  });

  test("by time: moves with the clock; by countdown: does not", () => {
    const byTime = new Node().receive(AHEAD);
    const byCountdown = new Node().receive("03 2c 01 00");
    for (const node of [byTime, byCountdown]) {
      node.io.takeEffects();
      node.io.clock.adjust(100);
      node.step("clockCorrected");
    }
    expect(byTime.io.takeEffects()).toEqual(armed(300 * S));
    expect(byCountdown.io.takeEffects()).toEqual(armed(400 * S));
  });

  test("that a correction finds overdue comes at once", () => {
    const node = new Node().receive(AHEAD);
    node.io.takeEffects();
    node.io.clock.adjust(301);
    node.step("clockCorrected");
    expect(node.io.takeEffects()).toEqual(REBOOT);
  });

  test("without one, neither timer nor clock does anything", () => {
    const node = new Node();
    node.step("timer");
    node.step("clockCorrected");
    expect(node.io.isIdle).toBe(true);
  });
});

describe("the image in the other bank", () => {
  test.each([
    { status: 0, answer: "04 00" },
    { status: 1, answer: "04 01" },
    { status: 2, answer: "04 02" },
    { status: 3, answer: "04 03 dd cc bb aa" },
  ] as const)("status $status", ({ status, answer }) => {
    const node = new Node({ image: { status, version: 0xaabbccdd } }).receive("04");
    expect(node.takeAnswers()).toEqual([hex(answer)]);
  });

  test.each([
    { status: 0, version: "dd cc bb aa", answer: "05 01", deletions: 0 },
    { status: 1, version: "dd cc bb aa", answer: "05 01", deletions: 0 },
    { status: 2, version: "dd cc bb aa", answer: "05 01", deletions: 0 },
    { status: 3, version: "00 cc bb aa", answer: "05 02", deletions: 0 },
    { status: 3, version: "dd cc bb aa", answer: "05 00", deletions: 1 },
  ] as const)("status $status, delete $version: $answer", (row) => {
    const node = new Node({ image: { status: row.status, version: 0xaabbccdd } });
    node.receive(`05 ${row.version}`);
    expect(node.takeAnswers()).toEqual([hex(row.answer)]);
    expect(node.io.deletions).toBe(row.deletions);
  });
});

describe("downlinks", () => {
  test("several commands in one frame, one answer each", () => {
    const node = new Node().receive("00 01 03 0a 00 00 04");
    expect(node.takeAnswers()).toHaveLength(4);
  });

  test.each(["06", "02 00 00 00", "03 00 00", "05 01"])(
    "what cannot be read (%s) ends it",
    (bytes) => {
      const node = new Node().receive(`00 ${bytes}`);
      expect(node.takeAnswers()).toEqual([hex("00 04 01")]);
      expect(node.io.takeEffects()).toEqual([]);
    },
  );

  test("nothing on a multicast address is for this package", () => {
    for (const bytes of ["00", "01", "02 00 00 00 00", "03 00 00 00", "04", "05 00 00 00 00"]) {
      const node = new Node({ image: { status: 3, version: 0 } }).receive(bytes, multicast);
      expect(node.io.isIdle).toBe(true);
      expect(node.io.deletions).toBe(0);
    }
  });
});
