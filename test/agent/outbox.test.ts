import { expect, test } from "vitest";
import { Outbox, type Saying } from "#agent/outbox.ts";
import { hex } from "../hex.ts";

const answer: Saying = { type: "answer", fPort: 200, payload: hex("02 00") };

function pushedTwice(saying: Saying): number {
  const outbox = new Outbox();
  outbox.push(saying);
  outbox.push(saying);
  return outbox.waiting.length;
}

test("sayings leave in the order they came", () => {
  const outbox = new Outbox();
  outbox.push(answer);
  outbox.push({ type: "appTimeReq" });
  expect(outbox.next).toBe(answer);
  expect(outbox.shift()).toBe(answer);
  expect(outbox.shift()).toEqual({ type: "appTimeReq" });
  expect(outbox.shift()).toBeUndefined();
  expect(outbox.next).toBeUndefined();
});

test.each([
  { type: "heartbeat" },
  { type: "appTimeReq" },
  { type: "fragStatusAns", fragIndex: 1 },
  { type: "fragReceivedReq", fragIndex: 1 },
] as const)("$type says the same twice, so it waits once", (saying) => {
  expect(pushedTwice(saying)).toBe(1);
});

test.each([
  answer,
  { type: "periodicityAns" },
  { type: "mcGroupStatusAns", reqGroupMask: 1 },
] as const)("every $type is sent: each request gets its own", (saying) => {
  expect(pushedTwice(saying)).toBe(2);
});

test("another fragmentation session is another matter", () => {
  const outbox = new Outbox();
  expect(outbox.push({ type: "fragStatusAns", fragIndex: 0 })).toBe(true);
  expect(outbox.push({ type: "fragStatusAns", fragIndex: 1 })).toBe(true);
  expect(outbox.push({ type: "fragReceivedReq", fragIndex: 1 })).toBe(true);
  expect(outbox.push({ type: "fragStatusAns", fragIndex: 1 })).toBe(false);
});

test("a server that asks too much at once is answered in part", () => {
  const outbox = new Outbox();
  for (let count = 0; count < 242; count++) outbox.push({ ...answer, fPort: count });
  expect(outbox.waiting).toHaveLength(32);
  expect(outbox.next).toEqual({ ...answer, fPort: 0 });
});
