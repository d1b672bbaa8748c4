import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHECK_IDS, type CheckId } from "#sim/lns/checks.ts";
import { Examiner } from "#sim/lns/examiner.ts";
import { IN_EU868 } from "../eu868.ts";

const hex = (digits: string) => new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));
const S = 1_000_000;
/** When the world is 0 seconds old. */
const GPS = 0x0102_0304;

/** One device, by what is said on both sides. */
class Room {
  readonly examiner: Examiner;
  now = 0;
  fCnt = 0;

  constructor(packages: 1 | 2 = 1) {
    this.examiner = new Examiner({
      region: IN_EU868.region,
      packages,
      gpsAt: (us) => GPS + Math.floor(us / S),
      airtimeS: () => 0,
      framesSent: () => 20,
    });
  }

  ask(fPort: number, payload: string, isSent = true): this {
    this.examiner.onDownlink({ fPort, payload: hex(payload), fOpts: hex("") }, this.now)(isSent);
    return this;
  }

  say(fPort: number, payload: string | Uint8Array, afterS = 1): this {
    this.now += afterS * S;
    const bytes = typeof payload === "string" ? hex(payload) : payload;
    const verdict = { type: "new", fCnt: this.fCnt++ } as const;
    this.examiner.onUplink(this.#uplink(13 + bytes.length), { verdict, fPort, payload: bytes });
    return this;
  }

  hear(verdict: "forged" | "old" | "repeat", change: object = {}): this {
    const seen = verdict === "forged" ? ({ type: verdict } as const) : { type: verdict, fCnt: 0 };
    const payload = verdict === "forged" ? undefined : hex("");
    const uplink = { ...this.#uplink(13), ...change };
    this.examiner.onUplink(uplink, { verdict: seen, fPort: undefined, payload });
    return this;
  }

  #uplink(bytes: number) {
    const phyPayload = new Uint8Array(bytes);
    return { phyPayload, dr: 5, frequencyHz: 868_100_000, endUs: this.now };
  }

  of(id: CheckId): string {
    const mark = this.examiner.grades().find((grade) => grade.id === id)?.mark;
    if (mark === undefined) return "not tried";
    return mark.result === "pass" ? "pass" : mark.why;
  }
}

const GROUP = `0200 01020304 ${"00".repeat(16)} 00000000 ffffffff`;
const FRAG = "0201 0a00 0a 00 00 00000000";
/** Class C, group 0, in 100 s. */
const SESSION = "0400 68030201 08 d2ad84 00";

describe("the form of an answer", () => {
  test.each<[string, CheckId, string]>([
    ["000101", "answer-alone", "pass"],
    ["000101 0100000000 00", "answer-alone", "2 commands"],
    ["000101", "answer-length", "pass"],
    ["0001", "answer-length", "a command ends too early at byte 0"],
    ["000101 00", "answer-length", "a command ends too early at byte 3"],
    ["000101 7f", "answer-length", "an unknown command, or bytes too many at byte 3"],
    ["", "answer-length", "no command"],
    ["0100000000 10", "answer-reserved", "pass"],
    ["0100000000 e0", "answer-reserved", "reserved bits are set"],
  ])("%s on port 202: %s: %s", (payload, id, expected) => {
    expect(new Room().ask(202, "00").say(202, payload).of(id)).toBe(expected);
  });

  test("what was not asked, or comes late, or twice", () => {
    expect(new Room().say(200, "0200").of("answer-asked")).toBe("nothing is open to answer");
    const asked = () => new Room().ask(200, GROUP);
    expect(asked().say(200, "0200", 61).of("answer-prompt")).toBe("after 61 s");
    expect(asked().say(200, "0200", 60).of("answer-prompt")).toBe("pass");
    expect(asked().say(200, "0200").say(200, "0200").of("answer-asked")).toMatch(/nothing is open/);
    expect(new Room().ask(200, GROUP, false).say(200, "0200").of("answer-asked")).toMatch(
      /nothing/,
    );
  });
});

describe("what a request was answered with", () => {
  test.each<[CheckId, number, string, string, string]>([
    ["version-200", 200, "00", "000201", "pass"],
    ["version-200", 200, "00", "000202", "package 2 version 2, expected 2 version 1"],
    ["version-203", 203, "00", "000401", "pass"],
    ["group-setup-id", 200, GROUP, "0200", "pass"],
    ["group-setup-id", 200, GROUP, "0201", "group 1, asked was 0"],
    ["group-setup-id", 200, GROUP, "0204", "IDerror"],
    ["group-undefined", 200, "0303", "0307", "pass"],
    ["group-undefined", 200, "0303", "0303", "no error"],
    ["group-undefined", 200, "0303", "0304", "group 0, asked was 3"],
    ["session-undefined", 200, SESSION, "0410", "pass"],
    ["session-undefined", 200, SESSION, "0400640000", "it is not refused so"],
    ["frag-undefined", 201, "0303", "0307", "pass"],
    ["frag-undefined", 201, "0303", "0303", "no error"],
    ["frag-setup-status", 201, FRAG, "0200", "pass"],
    ["frag-setup-status", 201, FRAG, "0240", "index 1"],
    ["frag-setup-status", 201, FRAG, "0203", "encodingUnsupported, notEnoughMemory"],
  ])("%s on port %i: %s answered %s: %s", (id, port, request, answer, expected) => {
    expect(new Room().ask(port, request).say(port, answer).of(id)).toBe(expected);
  });

  test.each<[string, CheckId, string]>([
    ["0400630000", "mc-session-start", "pass"],
    ["0400610000", "mc-session-start", "pass"],
    ["0400600000", "mc-session-start", "96 s, expected 99 s"],
    ["0400660000", "mc-session-start", "102 s, expected 99 s"],
    ["0401630000", "mc-session-status", "group 1, asked was 0"],
    ["040c", "mc-session-status", "drError, freqError"],
    ["040c", "mc-session-start", "not tried"],
  ])("a session with %s: %s: %s", (answer, id, expected) => {
    const room = new Room().ask(200, GROUP).say(200, "0200", 0).ask(200, SESSION);
    expect(room.say(200, answer).of(id)).toBe(expected);
  });

  test.each(["0410", "0430", "0400000000"])(
    "a session that was over before is not judged by %s",
    (answer) => {
      const room = new Room().ask(200, GROUP).say(200, "0200", 0);
      room.now = 200 * S;
      expect(room.ask(200, SESSION).say(200, answer).of("mc-session-status")).not.toMatch(
        /Undefined/,
      );
    },
  );

  test.each<[string, CheckId, string]>([
    ["01 0a00 00 00", "status-missing", "pass"],
    ["01 0a00 03 00", "status-missing", "3 are missing"],
    ["01 1500 00 00", "status-received", "21 received of 20 sent, 0 missing of 10"],
    ["01 1400 00 00", "status-received", "pass"],
    ["01 0800 02 00", "status-received", "pass"],
    ["01 0800 01 00", "status-received", "8 received of 20 sent, 1 missing of 10"],
    ["01 0000 ff 00", "status-received", "pass"],
    ["01 0000 00 00", "status-received", "0 received of 20 sent, 0 missing of 10"],
    ["01 0a40 00 00", "status-index", "index 1"],
    ["01 0a00 00 01", "status-errors", "notEnoughMatrixMemory"],
  ])("a status of %s: %s: %s", (answer, id, expected) => {
    const room = new Room().ask(201, FRAG).say(201, "0200").ask(201, "01 01");
    expect(room.say(201, answer).of(id)).toBe(expected);
  });

  test.each<[CheckId, number, string]>([
    ["version-201", 201, "00"],
    ["group-setup", 200, GROUP],
    ["group-status", 200, "010f"],
    ["group-delete", 200, "0300"],
    ["group-undefined", 200, "0303"],
    ["mc-session", 200, SESSION],
    ["frag-setup", 201, FRAG],
    ["status", 201, "0101"],
    ["clock-period", 202, "020a"],
    ["clock-resync", 202, "0301"],
  ])("%s fails if it was asked, and sent, and nothing came", (id, port, request) => {
    expect(new Room().ask(port, request).of(id)).toBe("no answer to this request");
    expect(new Room().ask(port, request, false).of(id)).toBe("not tried");
    expect(new Room().of(id)).toBe("not tried");
  });

  test("no answer on port 203 is no failure: TS006 is not for every device", () => {
    expect(new Room().ask(203, "00").of("version-203")).toBe("not tried");
  });
});

describe("the clock", () => {
  const answer = "01 00000000 00";
  const at = (seconds: number, token: number) =>
    `01 ${Buffer.from(Uint32Array.of(GPS + seconds).buffer).toString("hex")} 1${token}`;

  test.each<[string, number, number, CheckId, string]>([
    ["right", 2, 1, "clock-set", "pass"],
    ["two seconds slow", 0, 1, "clock-set", "pass"],
    ["three seconds fast", 5, 1, "clock-set", "it is 3 s off"],
    ["wrong, but the answer was lost on its way", 500, 0, "clock-set", "not tried"],
    ["counting its answers", 2, 1, "clock-token", "pass"],
    ["asking again", 2, 0, "clock-token", "pass"],
    ["counting twice", 2, 2, "clock-token", "token 2 after 0"],
  ])("is %s", (_, seconds, token, id, expected) => {
    const room = new Room().say(202, at(999, 0)).ask(202, answer).say(202, at(seconds, token));
    expect(room.of(id)).toBe(expected);
  });

  test("does not count answers that were not sent", () => {
    const room = new Room().say(202, at(999, 0)).ask(202, answer, false).say(202, at(2, 1));
    expect(room.of("clock-token")).toBe("token 1 after 0");
  });
});

describe("frames", () => {
  test.each<["forged" | "old" | "repeat", object, CheckId, string]>([
    ["forged", {}, "frame-mic", "the MIC is wrong"],
    ["old", {}, "frame-counter", "counter 0 was used before"],
    ["repeat", {}, "frame-counter", "pass"],
    ["repeat", { frequencyHz: 867_100_000 }, "frame-channel", "DR5 at 867.100 MHz"],
    ["repeat", { dr: 6 }, "frame-channel", "DR6 at 868.100 MHz"],
    ["repeat", { dr: 0, phyPayload: new Uint8Array(64) }, "frame-size", "pass"],
    [
      "repeat",
      { dr: 0, phyPayload: new Uint8Array(65) },
      "frame-size",
      "52 bytes at DR0, at most 51",
    ],
  ])("%s, %j: %s: %s", (verdict, change, id, expected) => {
    expect(new Room().hear(verdict, change).of(id)).toBe(expected);
  });
});

test("whatever a device says, it is graded and nothing throws", () => {
  const port = fc.constantFrom(200, 201, 202, 203, 1);
  const lines = fc.array(fc.tuple(port, fc.uint8Array({ maxLength: 20 })), { maxLength: 12 });
  fc.assert(
    fc.property(lines, fc.constantFrom<1 | 2>(1, 2), (said, packages) => {
      const room = new Room(packages).ask(200, GROUP).ask(201, "0101").ask(200, SESSION);
      for (const [fPort, payload] of said) room.say(fPort, payload);
      expect(room.examiner.grades()).toHaveLength(CHECK_IDS.length);
    }),
  );
});

test.each(["README.md", "docs/lns.md"])("%s counts the checks", (name) => {
  const text = readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
  expect(text).toContain(`${CHECK_IDS.length} checks`);
});
