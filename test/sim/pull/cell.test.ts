import { describe, expect, test } from "vitest";
import type { PullSpec } from "#scenarios/pull-schema.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import {
  all,
  BYTES,
  CHUNKS,
  chunksOf,
  DEVICES,
  endsOf,
  run,
  scenarioOf,
  simulate,
  text,
} from "./cell-bench.ts";

/* The rules of booting watch every device of these runs. */

const AWAY: NonNullable<PullSpec["server"]> = { restarts: [{ atS: 0, forS: 5000 }] };

describe.each(["http", "mqtt", "coap"] as const)("devices that pull by %s", (transport) => {
  test("over good links, each chunk is given once", () => {
    const devices = run({ transport });
    expect(endsOf(devices)).toEqual(all("updated", null));
    expect(chunksOf(devices)).toEqual(Array(DEVICES).fill(CHUNKS));
    expect(devices.every(({ serverComplete }) => serverComplete)).toBe(true);
  });

  test.each([
    { what: "a twentieth of all messages lost", link: { loss: 0.05 } },
    { what: "connections that end", link: { truncation: 0.1 } },
    { what: "everything twice", link: { duplicates: 1 } },
    { what: "a slow link", link: { latencyMs: { min: 500, max: 3000 }, bytesPerS: 1000 } },
    { what: "some answers too late", link: { latencyMs: { min: 100, max: 8000 } } },
  ])("$what", ({ link }) => {
    const devices = run({ transport, link });
    expect(endsOf(devices)).toEqual(all("updated", null));
    expect(Math.min(...chunksOf(devices))).toBeGreaterThanOrEqual(CHUNKS);
  });

  test.each(["powerCut", "reset", "offline"] as const)(
    "%s at chunks and later: no recorded chunk is given twice",
    (kind) => {
      const faults = [3, 4, 7, 9].map((atChunk) => ({
        kind,
        share: 1,
        when: { atChunk },
      }));
      const devices = run({ transport, faults });
      expect(endsOf(devices)).toEqual(all("updated", null));
      expect(Math.max(...chunksOf(devices))).toBeLessThanOrEqual(CHUNKS + 4);
      if (kind === "powerCut") expect(devices[0]?.powerCuts).toBe(4);
    },
  );

  test.each([
    { kind: "empty", reason: "chunks" },
    { kind: "short", reason: "chunks" },
    { kind: "long", reason: "chunks" },
    { kind: "flipped", reason: "checksum" },
    { kind: "error", reason: "unfinished" },
    { kind: "close", reason: "unfinished" },
    { kind: "silence", reason: "unfinished" },
  ] as const)("chunks that are always $kind end as $reason", ({ kind, reason }) => {
    const devices = run({ transport, server: { chunkFaults: [{ kind }] }, untilS: 20_000 });
    expect(endsOf(devices)).toEqual(all("failed", reason));
  });

  test("and twice are borne", () => {
    for (const kind of ["empty", "short", "long", "error", "close", "silence"] as const) {
      const chunkFaults = [{ kind, chunk: 5, times: 2 }];
      const devices = run({ transport, server: { chunkFaults } });
      expect(endsOf(devices), kind).toEqual(all("updated", null));
      expect(chunksOf(devices), kind).toEqual(Array(DEVICES).fill(CHUNKS + 2));
    }
  });

  test("a package that another one replaces at a chunk is dropped there", () => {
    const until = { atChunk: 7 };
    const devices = run({ transport, server: { earlier: { version: "1.9.0", until } } });
    expect(endsOf(devices)).toEqual(all("updated", null));
    expect(text(devices[0] as DeviceResult)).toContain("the server offers fw 1.9.0");
    expect(Math.min(...chunksOf(devices))).toBeGreaterThan(CHUNKS + 7);
  });

  test("a package that another one replaces once it runs, in the same life, is no breach of any rule", () => {
    const until = { atS: 1000 };
    const devices = run({ transport, pollS: 60, server: { earlier: { version: "1.9.0", until } } });
    expect(endsOf(devices)).toEqual(all("updated", null));
    for (const device of devices) expect(text(device)).toMatch(/stays.*offers fw 2.*stays/s);
  });

  test("as a document has it, the same", () => {
    const devices = run({
      ...{ transport, dialect: "documented", link: { loss: 0.05 } },
      faults: [{ kind: "powerCut", share: 1, when: { atChunk: 3 } }],
    });
    expect(endsOf(devices)).toEqual(all("updated", null));
    expect(
      devices.every(({ serverComplete, powerCuts }) => serverComplete && powerCuts === 1),
    ).toBe(true);
    const refused = run({
      ...{ transport, dialect: "documented", untilS: 20_000 },
      server: { chunkFaults: [{ kind: "flipped" }] },
    });
    expect(endsOf(refused)).toEqual(all("failed", "checksum"));
  });

  test.each(["thingsboard", "documented"] as const)(
    "%s: who was UPDATED to an earlier package and never heard of the next is not known to be updated",
    (dialect) => {
      const devices = run({
        ...{ transport, dialect, untilS: 5000 },
        server: { earlier: { version: "1.9.0", until: { atS: 1000 } } },
        faults: [{ kind: "offline", share: 1, when: { atS: 900 }, forS: 10_000 }],
      });
      expect(devices.map(({ bootedVersion }) => bootedVersion)).toEqual(
        Array(DEVICES).fill("1.9.0+0"),
      );
      expect(devices.some(({ serverComplete }) => serverComplete)).toBe(false);
    },
  );

  test("a restart forgets whom the server had not told", () => {
    const server = { tellEveryMs: 60_000, restarts: [{ atS: 100, forS: 30 }] };
    const devices = run({ transport, server, untilS: 20_000 });
    const updated = devices.filter(({ state }) => state === "updated").length;
    expect(updated).toBeGreaterThan(0);
    expect(devices.filter(({ reason }) => reason === "notOffered")).toHaveLength(DEVICES - updated);
    const kept = run({ transport, server: { ...server, without: ["forgetsQueue"] } });
    expect(endsOf(kept)).toEqual(all("updated", null));
  });

  test.each([
    { what: "a token that nobody knows", change: { token: "wrong" }, reason: "denied" },
    { what: "no link at all", change: { link: { loss: 1 } }, reason: "noAnswer" },
    {
      what: "a server that is never there",
      change: { server: AWAY },
      reason: "noAnswer",
    },
    {
      what: "nothing assigned in time",
      change: { server: { assignAtS: 1e6 } },
      reason: "notOffered",
    },
  ] as const)("$what: not reached", ({ change, reason }) => {
    expect(endsOf(run({ transport, untilS: 5000, ...change }))).toEqual(
      all("neverReached", reason),
    );
  });

  test.each([
    { what: "another title", change: { package: { title: "other" } }, reason: "offer" },
    { what: "a bank too small", change: { bankBytes: 16_384 }, bytes: 20_000, reason: "offer" },
    { what: "a bad signature", defect: "badSignature", reason: "signature" },
    { what: "a bad digest", defect: "badDigest", reason: "digest" },
    { what: "half an image", defect: "truncated", reason: "imageFormat" },
    { what: "other hardware", defect: "wrongHardware", reason: "wrongHardware" },
    { what: "an older image", defect: "downgrade", reason: "downgrade" },
  ] as const)("$what: refused, and the server told", (row) => {
    const change: Partial<PullSpec> = "change" in row ? row.change : {};
    const defect = "defect" in row ? row.defect : "none";
    const sizeBytes = "bytes" in row ? row.bytes : BYTES;
    const devices = run({ transport, ...change }, { firmware: { sizeBytes, defect } });
    expect(endsOf(devices)).toEqual(all("failed", row.reason));
    expect(devices[0]?.serverError).toMatch(new RegExp(`^${row.reason}: `));
  });

  test.each(["crash", "hang", "noNetwork"] as const)("firmware that ends in %s", (defect) => {
    const devices = run({ transport }, { firmware: { sizeBytes: BYTES, defect } });
    expect(endsOf(devices)).toEqual(all("rolledBack", "rolledBack"));
    expect(Math.max(...chunksOf(devices))).toBe(CHUNKS);
  });

  test("too many requests are refused, and come later", () => {
    const server = { rateLimit: { requests: 5, perS: 20 } };
    const devices = run({ transport, server, link: { latencyMs: { min: 1, max: 2 } } });
    expect(endsOf(devices)).toEqual(all("updated", null));
  });

  test("software is another package", () => {
    expect(endsOf(run({ transport, software: true }))).toEqual(all("updated", null));
  });
});

describe("a run is a function of scenario and seed", () => {
  const scenario = scenarioOf({ perCell: 2, link: { loss: 0.1 } });
  const whole = simulate(scenario);

  test("equal runs are equal to the last event, another seed is another run", () => {
    expect(simulate(scenario)).toEqual(whole);
    expect(simulate(scenario, { seed: 2 }).cells[0]?.traceHash).not.toBe(whole.cells[0]?.traceHash);
  });

  test.each([2, 3, 7])("%i shards come to the same", (count) => {
    const parts = Array.from({ length: count }, (_, at) =>
      simulate(scenario, { shard: { index: at + 1, count } }),
    );
    const devices = parts.flatMap((part) => part.devices).toSorted((a, b) => a.id - b.id);
    const cells = parts.flatMap((part) => part.cells).toSorted((a, b) => a.index - b.index);
    expect({ devices, cells }).toEqual(whole);
  });

  test("other devices before them change their numbers, and nothing else", () => {
    const mixed: Scenario = {
      ...scenario,
      devices: { count: 2 },
      campaign: { redundancyPercent: 50 },
    };
    const { devices, cells } = simulate(mixed);
    expect(cells.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(devices.map(({ state }) => state)).toEqual(Array(DEVICES + 2).fill("updated"));
    const pulled = devices.slice(2).map((one) => ({ ...one, id: one.id - 2, cell: one.cell - 1 }));
    expect(pulled).toEqual(whole.devices);
  });

  test("a run that stops before an event stops there", () => {
    const { cells } = simulate(scenario, { eventsMax: 50 });
    expect(cells.map(({ events }) => events)).toEqual([50, 50]);
  });
});
