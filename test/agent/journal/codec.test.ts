import { describe, expect, test } from "vitest";
import {
  decodeGroup,
  decodeMcSession,
  decodeSetup,
  decodeVerdict,
  encodeGroup,
  encodeMcSession,
  encodeSetup,
  encodeVerdict,
} from "#agent/journal/codec.ts";
import { type FragSetup, newFragSession } from "#agent/packages/frag-session.ts";
import type { McGroup, McSession } from "#agent/packages/multicast-state.ts";

const bytesFrom = (first: number, length: number) =>
  Uint8Array.from({ length }, (_, index) => first + index);

/** No two fields alike, so that none can stand in for another. */
const group: McGroup = {
  mcAddr: 0x0102_0304,
  minMcFCnt: 0x1111_0001,
  maxMcFCnt: 0xf222_0002,
  nextMcFCnt: 0x3333_0003,
  mcAppSKey: bytesFrom(0x40, 16),
  mcNwkSKey: bytesFrom(0x60, 16),
  session: undefined,
};
const mcSession: McSession = {
  startGps: 0xf456_789a,
  durationS: 256,
  dlFrequencyHz: 869_525_000,
  dr: 5,
  periodicity: 3,
  isOpen: false,
};
const setup: FragSetup = {
  fragIndex: 2,
  mcGroupBitMask: 0b1010,
  nbFrag: 16_383,
  fragSize: 242,
  blockAckDelay: 7,
  ackReception: true,
  padding: 99,
  descriptor: bytesFrom(1, 4),
  sessionCnt: 0xfedc,
  mic: bytesFrom(0xa0, 4),
};
const session = newFragSession(setup, 3, 0xdead_beef, 0x8000_0001);

describe("what is written comes back", () => {
  test("a group", () => expect(decodeGroup(encodeGroup(group))).toEqual(group));

  test("a class C session, its window closed", () => {
    expect(decodeMcSession(encodeMcSession({ ...mcSession, isOpen: true }))).toEqual(mcSession);
  });

  test.each([
    ["a set-up", setup],
    ["one without the wish to be told", { ...setup, ackReception: false }],
    ["one of version 1, which has no counter", { ...setup, sessionCnt: -1 }],
    ["the first counter there is", { ...setup, sessionCnt: 0 }],
  ])("%s", (_, each) => {
    expect(decodeSetup(2, encodeSetup({ ...session, setup: each }))).toEqual({
      setup: each,
      placeIndex: 3,
      updateId: 0xdead_beef,
      order: 0x8000_0001,
    });
  });

  test.each([
    { phase: "complete", micError: false, failure: undefined },
    { phase: "complete", micError: true, failure: "mic" },
    { phase: "failed", micError: false, failure: "storage" },
    { phase: "complete", micError: false, failure: "notActivated" },
  ] as const)("the verdict $phase $failure", (verdict) => {
    const ended = {
      ...session,
      ...verdict,
      received: 0x4001,
      coded: 0x1234,
      beyondM: 0x0203,
      receivedReqsLeft: 2,
    };
    const restored = newFragSession(setup, 3, 0xdead_beef, 0x8000_0001);
    decodeVerdict(encodeVerdict(ended), restored);
    expect(restored).toEqual(ended);
  });
});

test("records of another length say nothing", () => {
  const before = { ...session };
  for (const change of [-1, 1]) {
    const other = (bytes: Uint8Array) => new Uint8Array(bytes.length + change);
    expect(decodeGroup(other(encodeGroup(group)))).toBeUndefined();
    expect(decodeMcSession(other(encodeMcSession(mcSession)))).toBeUndefined();
    expect(decodeSetup(0, other(encodeSetup(session)))).toBeUndefined();
    decodeVerdict(other(encodeVerdict(session)), session);
    expect(session).toEqual(before);
  }
});
