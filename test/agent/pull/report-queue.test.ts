import { describe, expect, test } from "vitest";
import { ReportQueue } from "#agent/pull/report-queue.ts";

const image = { title: "fw", version: "1.0.0" };

/** All that is said, each heard at once. */
function drain(queue: ReportQueue): readonly (string | number | undefined)[] {
  const said: (string | number | undefined)[] = [];
  for (let next = queue.next(image, 0); next !== undefined; next = queue.next(image, 0)) {
    said.push(next.progress ?? next.state);
    queue.told();
  }
  return said;
}

describe("progress", () => {
  const told = (queue: ReportQueue, ...offsets: readonly number[]) =>
    offsets.flatMap((offset) => {
      queue.pushProgress(offset, 1000);
      return drain(queue);
    });

  test("is told at each further tenth, and once", () => {
    const queue = new ReportQueue(0, true);
    expect(told(queue, 1, 99, 100, 101, 199, 350, 999, 1000)).toEqual([10, 30, 90, 100]);
  });

  test("of another download begins anew", () => {
    const queue = new ReportQueue(0, true);
    expect(told(queue, 1000, 1, 100)).toEqual([100, 0, 10]);
  });

  test("is told to nobody who has no word for it", () => {
    expect(told(new ReportQueue(0), 500, 1000)).toEqual([]);
  });

  test("of which nobody has heard gives way to what came after it", () => {
    const queue = new ReportQueue(0, true);
    queue.push("DOWNLOADING");
    for (const offset of [100, 200, 300]) queue.pushProgress(offset, 1000);
    queue.push("DOWNLOADED");
    expect(drain(queue)).toEqual(["DOWNLOADING", 30, "DOWNLOADED"]);
  });

  test("is forgotten when the download fails", () => {
    const queue = new ReportQueue(0, true);
    queue.pushProgress(500, 1000);
    queue.forgetProgress();
    queue.pushFailed("tooLarge", "9 bytes");
    expect(queue.next(image, 0)).toMatchObject({ cause: "tooLarge", error: "offer: 9 bytes" });
    expect(drain(queue)).toEqual(["FAILED"]);
  });
});

describe("the time of a report", () => {
  const timesOf = (queue: ReportQueue, ...uptimesMs: readonly number[]) =>
    uptimesMs.map((ms) => {
      const report = queue.next(image, ms * 1000);
      queue.told();
      return report?.unixMs;
    });

  test("is that of the day, when it is said", () => {
    const queue = new ReportQueue(1_767_225_600_000);
    for (const state of ["DOWNLOADING", "DOWNLOADED"] as const) queue.push(state);
    expect(timesOf(queue, 7, 3_600_000)).toEqual([1_767_225_600_007, 1_767_229_200_000]);
  });

  test("is no other's: a server keeps one value of a millisecond", () => {
    const queue = new ReportQueue(1000);
    for (const state of ["DOWNLOADED", "VERIFIED", "UPDATING", "UPDATED"] as const)
      queue.push(state);
    expect(timesOf(queue, 5, 5, 5, 6)).toEqual([1005, 1006, 1007, 1008]);
  });

  test("is a new one when it is said again", () => {
    const queue = new ReportQueue(0);
    queue.push("DOWNLOADED");
    expect(queue.next(image, 0)?.unixMs).toBe(1);
    queue.notTold();
    expect(queue.next(image, 0)?.unixMs).toBe(2);
  });
});

test("states are told in the order in which they came, the end last", () => {
  const queue = new ReportQueue(0);
  queue.push(undefined);
  queue.push("DOWNLOADING");
  queue.push("DOWNLOADED");
  queue.pushFailed("checksum", "it is not");
  expect(drain(queue)).toEqual([undefined, "DOWNLOADING", "DOWNLOADED", "FAILED"]);
});

describe("what is not heard in four tries", () => {
  function tried(push: (queue: ReportQueue) => void): ReportQueue {
    const queue = new ReportQueue(0);
    push(queue);
    for (let times = 0; times < 4; times++) {
      expect(queue.next(image, 0)).toBeDefined();
      queue.notTold();
    }
    return queue;
  }

  test.each(["DOWNLOADING", "DOWNLOADED", "VERIFIED", "UPDATING"] as const)(
    "%s is not said any more",
    (state) => {
      const queue = tried((each) => each.push(state));
      queue.takeUpAgain();
      expect(drain(queue)).toEqual([]);
    },
  );

  test.each([
    { what: "what runs", push: (queue: ReportQueue) => queue.push(undefined), state: undefined },
    { what: "UPDATED", push: (queue: ReportQueue) => queue.push("UPDATED"), state: "UPDATED" },
    { what: "FAILED", push: (queue: ReportQueue) => queue.pushFailed("offer"), state: "FAILED" },
  ])("$what is kept until it is time to ask anew", ({ push, state }) => {
    const queue = tried(push);
    expect(queue.next(image, 0)).toBeUndefined();
    queue.takeUpAgain();
    expect(drain(queue)).toEqual([state]);
  });
});
