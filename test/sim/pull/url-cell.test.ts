import { describe, expect, test } from "vitest";
import type { PullSpec } from "#scenarios/pull-schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { all, CHUNKS, chunksOf, DEVICES, endsOf, run, text } from "./cell-bench.ts";

type AtUrl = NonNullable<NonNullable<PullSpec["package"]>["atUrl"]>;

describe.each(["http", "mqtt", "coap"] as const)("packages at a URL, told by %s", (transport) => {
  const atUrl = (file: AtUrl, change: Partial<PullSpec> = {}) =>
    run({ transport, package: { atUrl: file }, ...change });

  test.each<{ what: string; file: AtUrl }>([
    { what: "as it is", file: {} },
    { what: "behind three redirects", file: { redirects: 3 } },
    { what: "without ranges", file: { ranges: false } },
    { what: "without size and checksum", file: { says: "nothing" } },
    { what: "with neither", file: { says: "nothing", ranges: false, redirects: 1 } },
  ])("$what: each chunk is given once", ({ file }) => {
    const devices = atUrl(file);
    expect(endsOf(devices)).toEqual(all("updated", null));
    expect(chunksOf(devices)).toEqual(Array(DEVICES).fill(CHUNKS));
    expect(devices.every(({ serverComplete }) => serverComplete)).toBe(true);
  });

  test.each([
    { what: "a tenth of all messages lost", link: { loss: 0.1 } },
    { what: "connections that end", link: { truncation: 0.1 } },
    { what: "everything twice", link: { duplicates: 1 } },
    { what: "a slow link", link: { latencyMs: { min: 500, max: 3000 }, bytesPerS: 1000 } },
  ])("$what", ({ link }) => {
    expect(endsOf(atUrl({ redirects: 2 }, { link }))).toEqual(all("updated", null));
  });

  test.each<{ redirects: NonNullable<AtUrl["redirects"]> }>([
    { redirects: 4 },
    { redirects: "circle" },
  ])("redirects: $redirects are refused at once, and the server is told", ({ redirects }) => {
    const devices = atUrl({ redirects });
    expect(endsOf(devices)).toEqual(all("failed", "offer"));
    expect(devices[0]?.serverError).toContain("redirected");
    expect(chunksOf(devices)).toEqual(Array(DEVICES).fill(0));
  });

  test.each([
    { kind: "empty", reason: "chunks" },
    { kind: "short", reason: "chunks" },
    { kind: "redirect", reason: "offer" },
    { kind: "flipped", reason: "checksum" },
    { kind: "error", reason: "unfinished" },
    { kind: "close", reason: "unfinished" },
    { kind: "silence", reason: "unfinished" },
  ] as const)("a part that is always $kind ends as $reason", ({ kind, reason }) => {
    const devices = atUrl({}, { server: { chunkFaults: [{ kind, chunk: 4 }] }, untilS: 20_000 });
    expect(endsOf(devices)).toEqual(all("failed", reason));
  });

  test("power cuts, a restart, another package: no recorded part is given twice", () => {
    const faults = [3, 7].map((atChunk) => {
      return { kind: "powerCut" as const, share: 1, when: { atChunk } };
    });
    expect(Math.max(...chunksOf(atUrl({}, { faults })))).toBeLessThanOrEqual(CHUNKS + 2);
    const restarts = [{ atS: 10, forS: 100 }];
    expect(endsOf(atUrl({}, { server: { restarts } }))).toEqual(all("updated", null));
    const earlier = { version: "1.9.0", until: { atChunk: 5 } };
    const replaced = atUrl({}, { server: { earlier } });
    expect(endsOf(replaced)).toEqual(all("updated", null));
    expect(text(replaced[0] as DeviceResult)).toContain("the server offers fw 1.9.0");
  });
});

test("a file without ranges goes through the link once, if nothing comes between", () => {
  const virtualS = (ranges: boolean, truncation = 0) => {
    const link = { latencyMs: { min: 1, max: 1 }, bytesPerS: 1000, truncation };
    const devices = run({
      package: { atUrl: { ranges } },
      link,
      startDelayMaxS: 0,
      answerTimeoutS: 60,
    });
    const [first] = devices;
    return first?.timeline.find((entry) => entry.text.startsWith("has all"))?.atS ?? 0;
  };
  expect(virtualS(false)).toBeCloseTo(virtualS(true), 0);
});
