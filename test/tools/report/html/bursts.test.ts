import { describe, expect, test } from "vitest";
import { burstsOf } from "#tools/report/html/bursts.ts";

function lossesAt(...frames: readonly number[]) {
  const lost = new Uint8Array(8);
  for (const frame of frames) lost[frame >> 3] = (lost[frame >> 3] ?? 0) | (1 << (frame & 7));
  return { id: 0, heard: new Uint8Array(8), lost };
}

describe("bursts of lost frames", () => {
  test.each([
    { what: "nothing lost", frames: [], bursts: {} },
    { what: "one frame", frames: [5], bursts: { 1: 1 } },
    { what: "over the edge of a byte", frames: [6, 7, 8, 9], bursts: { 4: 1 } },
    { what: "two bursts", frames: [0, 2, 3], bursts: { 1: 1, 2: 1 } },
    { what: "the very last frames", frames: [62, 63], bursts: { 2: 1 } },
    {
      what: "longer than is told apart",
      frames: Array.from({ length: 40 }, (_, at) => at),
      bursts: { 32: 1 },
    },
  ])("$what", ({ frames, bursts }) => {
    const counts = burstsOf([lossesAt(...frames)]);
    const found = counts.flatMap((count, at) => (count > 0 ? [[at + 1, count]] : []));
    expect(Object.fromEntries(found)).toEqual(bursts);
  });
});
