import { describe, expect, test } from "vitest";
import { hex } from "../../hex.ts";
import { MulticastNode, type SessionReq } from "./multicast-node.ts";
import { END, START_AT } from "./session-effects.ts";
import { NOW_GPS, S } from "./test-io.ts";

const ready = (options: ConstructorParameters<typeof MulticastNode>[0] = {}) =>
  new MulticastNode(options).setUp();

describe("answers to McClassCSessionReq", () => {
  const past: SessionReq = { sessionTime: NOW_GPS - 100 };
  const over: SessionReq = { sessionTime: NOW_GPS - 256 };

  test.each([
    { what: "all well", request: {}, v1: "04 00 2c 01 00", v2: "04 00 2c 01 00" },
    { what: "data rate", request: { dr: 8 }, v1: "04 04", v2: "04 04" },
    { what: "frequency", request: { dlFrequencyHz: 915_000_000 }, v1: "04 08", v2: "04 08" },
    { what: "both", request: { dr: 15, dlFrequencyHz: 0 }, v1: "04 0c", v2: "04 0c" },
    { what: "no such group", request: { mcGroupId: 1 }, v1: "04 11", v2: "04 11" },
    { what: "started, not over", request: past, v1: "04 00 00 00 00", v2: "04 20" },
    { what: "starts now", request: { sessionTime: NOW_GPS }, v1: "04 00 00 00 00", v2: "04 20" },
    { what: "over", request: over, v1: "04 10", v2: "04 20" },
    { what: "over, data rate", request: { ...over, dr: 9 }, v1: "04 14", v2: "04 24" },
  ])("$what: $v1 in 1.0.0, $v2 in 2.0.0", ({ request, v1, v2 }) => {
    for (const { version, answer } of [
      { version: 1, answer: v1 },
      { version: 2, answer: v2 },
    ] as const) {
      const node = ready({ version });
      node.request(request);
      const isAccepted = answer.length > 5;
      expect(node.state.groups[0]?.session !== undefined).toBe(isAccepted);
      expect(node.io.persisted.length).toBe(isAccepted ? 1 : 0);
      expect(node.takeAnswers()).toEqual([hex(answer)]);
      if (!isAccepted) expect(node.io.takeEffects()).toEqual([]);
    }
  });

  test.each([
    { what: "a lone StartMissed is padded", request: past, answer: "04 20 00 00 00" },
    { what: "beside another error it is not", request: { ...past, dr: 9 }, answer: "04 24" },
    {
      what: "nor beside a wrong frequency",
      request: { ...past, dlFrequencyHz: 0 },
      answer: "04 28",
    },
    { what: "nor without a group", request: { ...past, mcGroupId: 2 }, answer: "04 32" },
    { what: "all well", request: {}, answer: "04 00 2c 01 00" },
  ])("for ChirpStack, 2.0.0: $what", ({ request, answer }) => {
    const node = ready({ chirpstackAnswers: true });
    node.request(request);
    expect(node.takeAnswers()).toEqual([hex(answer)]);
    if (answer !== "04 00 2c 01 00") expect(node.state.groups[0]?.session).toBeUndefined();
  });

  test("TimeToStart counts from the moment the answer leaves", () => {
    const node = ready();
    node.request();
    node.io.at += 40 * S;
    expect(node.takeAnswers()).toEqual([hex("04 00 04 01 00")]);
    node.request();
    node.io.at += 400 * S;
    expect(node.takeAnswers()).toEqual([hex("04 00 00 00 00")]);
  });

  test("one that does not fit is sent as the largest there is", () => {
    const node = ready();
    node.request({ sessionTime: NOW_GPS + 0xffffff });
    node.request({ sessionTime: NOW_GPS + 0x1000000 });
    expect(node.takeAnswers()).toEqual([hex("04 00 ff ff ff"), hex("04 00 ff ff ff")]);
  });

  test("a refused request leaves the former session in force", () => {
    const node = ready();
    node.request();
    node.request({ dr: 9 });
    expect(node.state.groups[0]?.session).toMatchObject({ dr: 0, startGps: NOW_GPS + 300 });
  });

  test("another session replaces the former", () => {
    const node = ready();
    node.request();
    node.io.at = START_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    node.forget();
    node.request({ sessionTime: NOW_GPS + 900, timeOut: 0, dr: 5 });
    expect(node.io.takeEffects()).toEqual([
      ...END,
      { type: "setTimer", id: "mcStart0", at: 995 * S },
    ]);
    expect(node.state.groups[0]?.session).toEqual({
      startGps: NOW_GPS + 900,
      durationS: 1,
      dlFrequencyHz: 869_525_000,
      dr: 5,
      isOpen: false,
    });
  });

  test.each([1, 2] as const)(
    "version %i: a repeat is accepted again, even in mid-session",
    (version) => {
      const node = ready({ version });
      node.request();
      node.io.at = START_AT + 10 * S;
      node.step({ type: "timer", mcGroupId: 0 });
      node.forget();
      node.request();
      expect(node.takeAnswers()).toEqual([hex("04 00 00 00 00")]);
      expect(node.io.takeEffects()).toEqual([]);
      expect(node.state.groups[0]?.session?.isOpen).toBe(true);
    },
  );
});

describe("McClassBSessionReq", () => {
  const programmed = { type: "mcSession", state: "programmed", sessionClass: "B" };

  test("is programmed in beacon periods, and opened in time to find the beacon", () => {
    const node = ready();
    // In 5000 s; 2^3 beacon periods, 2^(7 - 2) slots in each.
    const sessionTime = NOW_GPS + 5000;
    const time = [0, 8, 16, 24].map((shift) => (sessionTime >>> shift) & 0xff);
    const bytes = [0x05, 0x00, ...time, 0x23, 0xd2, 0xad, 0x84, 0x03];
    node.receive(bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
    expect(node.io.notes).toMatchObject([programmed]);
    expect(node.state.groups[0]?.session).toMatchObject({
      startGps: sessionTime,
      durationS: 8 * 128,
      periodicity: 2,
      dr: 3,
    });
    expect(node.takeAnswers()).toEqual([hex("05 00 88 13 00")]);
    const openAt = node.io.at + (5000 - 3 * 128) * S;
    expect(node.io.takeEffects()).toContainEqual({ type: "setTimer", id: "mcStart0", at: openAt });
    node.io.at = openAt;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toContainEqual({
      type: "startClassB",
      groupId: 0,
      frequencyHz: 869_525_000,
      dr: 3,
      periodicity: 2,
    });
    node.io.at = openAt + (3 * 128 + 8 * 128) * S;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toContainEqual({ type: "stopClassB", groupId: 0 });
  });

  test.each([
    { what: "no such group", request: "05 01 80 7b 80 56 23 d2 ad 84 03", bits: 0x10 },
    { what: "a data rate that is none", request: "05 00 80 7b 80 56 23 d2 ad 84 0f", bits: 0x04 },
    {
      what: "a frequency out of the band",
      request: "05 00 80 7b 80 56 23 01 00 00 03",
      bits: 0x08,
    },
    { what: "0 Hz: the beacon's channels", request: "05 00 80 7b 80 56 23 00 00 00 03", bits: 0 },
  ])("$what", ({ request, bits }) => {
    const node = ready({ version: 1 });
    node.receive(request);
    const [answer] = node.takeAnswers();
    expect((answer?.[1] ?? 0) & 0b1_1100).toBe(bits);
  });
});
