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
