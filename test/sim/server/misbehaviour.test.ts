import { expect, test } from "vitest";
import type { Misbehaviour } from "#sim/server/campaign-requests.ts";
import { CampaignBench, good, kindOf } from "./campaign-bench.ts";

/* 10 fragments and 3 coded ones, 5 s apart, from second 246 on. */
const ENQUEUED_S = 246;

function campaign(misbehaviour: Misbehaviour) {
  return new CampaignBench([good(1)], { misbehaviour }).run();
}

/** Frame counter and what the frame is: a fragment's number, or 0 for a status request. */
function frames(misbehaviour: Misbehaviour): readonly string[] {
  return campaign(misbehaviour)
    .fragments()
    .map(({ fCnt, payload }) => {
      const number = payload[0] === 0x08 ? (payload[1] ?? 0) | ((payload[2] ?? 0) << 8) : 0;
      return `${fCnt}:${number}`;
    });
}

const IN_ORDER = Array.from({ length: 13 }, (_, index) => `${index}:${index + 1}`);

test("a server that behaves", () => {
  expect(frames({})).toEqual(IN_ORDER);
});

test("every fifth fragment goes out after the one behind it, with the counter that it had", () => {
  const expected = [...IN_ORDER];
  expected.splice(4, 2, "5:6", "4:5");
  expected.splice(9, 2, "10:11", "9:10");
  expect(frames({ reorderEvery: 5 })).toEqual(expected);
});

test("the last fragment has none to change places with", () => {
  expect(frames({ reorderEvery: 13 })).toEqual(IN_ORDER);
});

test("the group is asked for its status after every sixth fragment, with a counter of its own", () => {
  const expected = [...IN_ORDER.slice(0, 6), "6:0"];
  for (let n = 7; n <= 12; n++) expected.push(`${n}:${n}`);
  expect(frames({ statusEvery: 6 })).toEqual([...expected, "13:0", "14:13"]);
});

test("the group is deleted: what it has not sent by then is never sent", () => {
  const { multicastAtS } = campaign({ deleteGroupAfterS: 22 });
  expect(multicastAtS).toEqual([0, 5, 10, 15, 20].map((s) => ENQUEUED_S + s));
});

test("the server is gone for 40 s after its third fragment, and goes on with the fourth", () => {
  const { multicastAtS } = campaign({ restart: { atFragment: 3, forS: 40 } });
  expect(multicastAtS.slice(0, 5)).toEqual([0, 5, 10, 55, 60].map((s) => ENQUEUED_S + s));
  expect(multicastAtS).toHaveLength(13);
});

test("each request is sent twice", () => {
  const [device] = campaign({ requestCopies: 2 }).devices;
  expect(device?.received.map(kindOf)).toEqual([
    "200 2",
    "200 2",
    "201 2",
    "201 2",
    "200 4",
    "200 4",
    "201 1",
    "201 1",
  ]);
});
