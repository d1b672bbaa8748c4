import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bench, provisionOf } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

describe("whatever a radio delivers", () => {
  const bytes = fc.uint8Array({ maxLength: 255 });

  test("noise is ignored", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench);
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(1));
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 7 }), (noise, dr) => {
        expect(bench.receive(noise, { dr, channel: dr })).toEqual([]);
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(bench.heard).toEqual([]);
  });

  test("noise behind the header of a device's own frame is ignored", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisionOf(1, { lorawan: "1.1" }));
    const header = device.seal({ fPort: undefined }).subarray(0, 5);
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 255 }), (noise, mhdr) => {
        const frame = Uint8Array.of(...header, ...noise);
        frame[0] = mhdr;
        expect(bench.receive(frame)).toEqual([]);
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(bench.heard).toEqual([]);
  });

  test.each(["1.0", "1.1"] as const)("authentic nonsense of a %s device is survived", (lorawan) => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisionOf(1, { lorawan }));
    const uplink = fc.record({
      fPort: fc.constantFrom(undefined, 0, 1, 200, 201, 202, 203, 255),
      payload: fc.uint8Array({ maxLength: 60 }),
      fOpts: fc.uint8Array({ maxLength: 15 }),
      confirmed: fc.boolean(),
    });
    fc.assert(
      fc.property(uplink, ({ fPort, payload, fOpts, confirmed }) => {
        const downlinks = device.send({
          fPort,
          confirmed,
          payload: fPort === undefined ? new Uint8Array(0) : payload,
          fOpts: fPort === 0 ? new Uint8Array(0) : fOpts,
        });
        // opening them checks that they are well-formed
        expect(downlinks.length).toBeLessThanOrEqual(1);
        expect(downlinks.length).toBeGreaterThanOrEqual(confirmed ? 1 : 0);
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(bench.heard.length).toBeGreaterThan(0);
  });
});
