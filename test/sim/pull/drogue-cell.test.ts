import { describe, expect, test } from "vitest";
import type { PullSpec } from "#scenarios/pull-schema.ts";
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

/* The same devices, links and faults as with ThingsBoard. What Drogue never hears is never expected of it. */

describe.each(["http", "mqtt", "coap"] as const)(
  "devices that pull from Drogue by %s",
  (transport) => {
    const drogue = (change: Partial<PullSpec> = {}, firmware: object = {}) =>
      run(
        { transport, dialect: "drogue", ...change },
        { firmware: { sizeBytes: BYTES, ...firmware } },
      );

    test.each(["packed", "named"] as const)("over good links, in %s CBOR", (cbor) => {
      const devices = drogue({ cbor });
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
      const devices = drogue({ link });
      expect(endsOf(devices)).toEqual(all("updated", null));
      expect(Math.min(...chunksOf(devices))).toBeGreaterThanOrEqual(CHUNKS);
    });

    test.each(["powerCut", "reset", "offline"] as const)(
      "%s at chunks and later: no recorded chunk is given twice",
      (kind) => {
        const faults = [3, 4, 7, 9].map((atChunk) => ({ kind, share: 1, when: { atChunk } }));
        const devices = drogue({ faults });
        expect(endsOf(devices)).toEqual(all("updated", null));
        expect(Math.max(...chunksOf(devices))).toBeLessThanOrEqual(CHUNKS + 4);
      },
    );

    test.each([
      { kind: "empty", reason: "chunks" },
      { kind: "short", reason: "chunks" },
      { kind: "long", reason: "chunks" },
      { kind: "flipped", reason: "checksum" },
      { kind: "close", reason: "unfinished" },
      { kind: "silence", reason: "unfinished" },
    ] as const)("chunks that are always $kind end as $reason", ({ kind, reason }) => {
      const devices = drogue({ server: { chunkFaults: [{ kind, chunk: 5 }] }, untilS: 20_000 });
      expect(endsOf(devices)).toEqual(all("failed", reason));
      expect(devices.some(({ serverComplete }) => serverComplete)).toBe(false);
    });

    test("and twice are borne; who gets less asks for the rest of it", () => {
      for (const kind of ["empty", "long", "close", "silence", "short"] as const) {
        const devices = drogue({ server: { chunkFaults: [{ kind, chunk: 5, times: 2 }] } });
        expect(endsOf(devices), kind).toEqual(all("updated", null));
        expect(Math.max(...chunksOf(devices)), kind).toBeLessThanOrEqual(CHUNKS + 2);
      }
    });

    test("no checksum: the image's own hash is enough, and finds a wrong bit, too", () => {
      const named = { checksum: "none" } as const;
      expect(endsOf(drogue({ package: named }))).toEqual(all("updated", null));
      const chunkFaults = [{ kind: "flipped" as const, chunk: 5 }];
      const spoilt = drogue({ package: named, server: { chunkFaults } });
      expect(endsOf(spoilt)).toEqual(all("failed", "digest"));
    });

    test.each([{ atChunk: 7 }, { atS: 30 }])("a version that replaces another: %o", (until) => {
      const devices = drogue({ server: { earlier: { version: "1.9.0", until } } });
      expect(endsOf(devices)).toEqual(all("updated", null));
      if ("atS" in until) return;
      expect(text(devices[0] as DeviceResult)).toContain("the server offers fw 1.9.0");
      expect(Math.min(...chunksOf(devices))).toBeGreaterThan(CHUNKS + 7);
    });

    test("a server that is gone for a while", () => {
      const restarts = [1, 2, 3, 4, 5].map((each) => ({ atS: 10 * each, forS: 9 }));
      const devices = drogue({ server: { restarts } });
      expect(endsOf(devices)).toEqual(all("updated", null));
    });

    test.each([
      { what: "a password that is not right", change: { token: "wrong" }, reason: "denied" },
      { what: "no link at all", change: { link: { loss: 1 } }, reason: "noAnswer" },
      { what: "no firmware in time", change: { server: { assignAtS: 1e6 } }, reason: "notOffered" },
    ] as const)("$what: not reached", ({ change, reason }) => {
      expect(endsOf(drogue({ untilS: 5000, ...change }))).toEqual(all("neverReached", reason));
    });

    test.each([
      {
        what: "a bank too small",
        change: { bankBytes: 16_384 },
        bytes: 20_000,
        reason: "imageFormat",
      },
      { what: "a bad signature", defect: "badSignature", reason: "signature" },
      { what: "a bad digest", defect: "badDigest", reason: "digest" },
      { what: "half an image", defect: "truncated", reason: "imageFormat" },
      { what: "other hardware", defect: "wrongHardware", reason: "wrongHardware" },
      { what: "an older image", defect: "downgrade", reason: "downgrade" },
    ] as const)("$what: refused, and Drogue is told nothing of it", (row) => {
      const change: Partial<PullSpec> = "change" in row ? row.change : {};
      const defect = "defect" in row ? row.defect : "none";
      const sizeBytes = "bytes" in row ? row.bytes : BYTES;
      const devices = drogue(change, { sizeBytes, defect });
      expect(endsOf(devices)).toEqual(all("failed", row.reason));
      expect(devices[0]?.serverError).toBe("");
    });

    test("firmware that crashes is rolled back, and left alone when it is offered again", () => {
      const devices = drogue({}, { defect: "crash" });
      expect(endsOf(devices)).toEqual(all("rolledBack", "rolledBack"));
      expect(Math.max(...chunksOf(devices))).toBe(CHUNKS);
    });

    test("Wait instead of silence, for who has no firmware yet", () => {
      const server = { assignAtS: 900, without: ["silentOnErrors"] };
      const devices = drogue({ server });
      expect(endsOf(devices)).toEqual(all("updated", null));
      expect(text(devices[0] as DeviceResult)).not.toContain("tries again");
      expect(text(drogue({ server: { assignAtS: 900 } })[0] as DeviceResult)).toContain(
        "tries again",
      );
    });

    test("a run is a function of scenario and seed", () => {
      const scenario = scenarioOf({ transport, dialect: "drogue", link: { loss: 0.1 } });
      expect(simulate(scenario)).toEqual(simulate(scenario));
      const [one] = simulate(scenario).cells;
      const [other] = simulate(scenario, { seed: 2 }).cells;
      expect(other?.traceHash).not.toBe(one?.traceHash);
    });
  },
);

test.each(["redirect", "error"] as const)("by HTTP, a chunk may be answered by: %s", (kind) => {
  const devices = run({
    dialect: "drogue",
    server: { chunkFaults: [{ kind, chunk: 2, times: 2 }] },
  });
  expect(endsOf(devices)).toEqual(all("updated", null));
  expect(chunksOf(devices)).toEqual(Array(DEVICES).fill(CHUNKS + 2));
});

describe("by MQTT, a Drogue that calls", () => {
  const late = (calls: boolean) =>
    run({
      dialect: "drogue",
      transport: "mqtt",
      pollS: 86_400,
      server: { assignAtS: 2000, calls, without: ["silentOnErrors"] },
      untilS: 2015,
    });

  test("is heard at once; otherwise devices ask when they ask", () => {
    expect(endsOf(late(true))).toEqual(all("updated", null));
    expect(endsOf(late(false)).filter((end) => end === "updated null").length).toBeLessThan(
      DEVICES,
    );
  });
});
