import { describe, expect, test } from "vitest";
import { ChunkFaults, parseChunkFault } from "#sim/server/thingsboard/faults.ts";

const reply = { status: 200, headers: {}, body: new Uint8Array(100) };

/** What becomes of chunks that are given one after the other, by their lengths. */
function lengthsOf(faults: ChunkFaults, chunks: readonly number[], token = "T") {
  return chunks.map((chunk) => {
    const outcome = faults.apply(token, chunk, "/", reply);
    return typeof outcome === "string" ? outcome : outcome.body.length;
  });
}

describe("a fault", () => {
  test("of one chunk comes over no other", () => {
    const faults = new ChunkFaults([{ kind: "short", chunk: 2 }]);
    expect(lengthsOf(faults, [0, 1, 2, 3, 2])).toEqual([100, 100, 99, 100, 99]);
  });

  test("that comes twice comes twice over each device", () => {
    const faults = new ChunkFaults([{ kind: "empty", times: 2 }]);
    expect(lengthsOf(faults, [0, 0, 0, 1])).toEqual([0, 0, 100, 100]);
    expect(lengthsOf(faults, [0, 0, 0], "U")).toEqual([0, 0, 100]);
  });

  test("gives way to the next one when it has come often enough", () => {
    const faults = new ChunkFaults([
      { kind: "long", chunk: 0, times: 1 },
      { kind: "close", chunk: 0, times: 1 },
    ]);
    expect(lengthsOf(faults, [0, 0, 0])).toEqual([101, "close", 100]);
  });
});

test.each([
  { text: "short", is: { kind: "short" } },
  { text: "short:7", is: { kind: "short", chunk: 7 } },
  { text: "short:7x2", is: { kind: "short", chunk: 7, times: 2 } },
  { text: "shortx2", is: undefined },
  { text: "short:", is: undefined },
  { text: "short:-1", is: undefined },
  { text: "toString", is: undefined },
  { text: "", is: undefined },
])("'$text'", ({ text, is }) => expect(parseChunkFault(text)).toEqual(is));
