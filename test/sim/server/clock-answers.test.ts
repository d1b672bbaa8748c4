import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerClockSync } from "#sim/server/clock-answers.ts";
import { hex } from "../../hex.ts";
import { Bench, GPS_AT_START, provisionOf, S } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

/** Wire bytes of TS003; 1024 is 00 04 00 00. */
describe("AppTimeReq", () => {
  test.each([
    ["in time, insisting", "01 00 04 00 00 1f", 1024, "01 00 00 00 00 0f"],
    ["one second late", "01 00 04 00 00 03", 1025, "01 01 00 00 00 03"],
    ["one second early", "01 00 04 00 00 00", 1023, "01 ff ff ff ff 00"],
    ["with reserved bits set", "01 00 04 00 00 f2", 1030, "01 06 00 00 00 02"],
    ["largest correction", "01 00 00 00 00 00", 0x7fff_ffff, "01 ff ff ff 7f 00"],
    ["beyond it", "01 00 00 00 00 00", 0x8000_0000, "01 ff ff ff 7f 00"],
    ["far beyond it", "01 00 00 00 00 10", 0x83a5_3880, "01 ff ff ff 7f 00"],
    ["second step of the example", "01 ff ff ff 7f 11", 0x83a5_3880, "01 81 38 a5 03 01"],
    ["smallest correction", "01 00 00 00 80 00", 0, "01 00 00 00 80 00"],
    ["below it", "01 01 00 00 80 00", 0, "01 00 00 00 80 00"],
    ["far below it", "01 ff ff ff ff 05", 0, "01 00 00 00 80 05"],
  ])("%s", (_, request, gps, answer) => {
    expect(answerClockSync(hex(request), gps * S)).toEqual(hex(answer));
  });

  test("in time and not insisting is not answered", () => {
    expect(answerClockSync(hex("01 00 04 00 00 0f"), 1024 * S)).toBeUndefined();
  });

  test.each([
    ["slow by less than a second", 1024.999, undefined],
    ["slow by a second", 1025, 1],
    ["slow by less than two", 1025.999, 1],
    ["fast by less than a second", 1023.001, undefined],
    ["fast by a second", 1023, -1],
    ["fast by less than two", 1022.001, -1],
  ])("a clock at 1024 s that is %s", (_, gps, correction) => {
    const answer = answerClockSync(hex("01 00 04 00 00 00"), gps * S);
    expect(answer && new DataView(answer.buffer).getInt32(1, true)).toBe(correction);
  });

  test("a clock that is fast by less than a second is left alone, if it insists with 0", () => {
    const answer = answerClockSync(hex("01 00 04 00 00 17"), 1023.5 * S);
    expect(answer).toEqual(hex("01 00 00 00 00 07"));
  });

  test.each([
    ["empty", ""],
    ["truncated", "01 00 04 00 00"],
    ["one byte too many", "01 00 04 00 00 1f 00"],
    ["two requests", "01 00 04 00 00 1f 01 00 04 00 00 1f"],
    ["beside another answer", "01 00 04 00 00 1f 00 01 01"],
    ["another command", "02 00 00 04 00 00"],
    ["a version", "00 01 02"],
    ["an unknown command", "7f"],
  ])("%s is not answered", (_, payload) => {
    expect(answerClockSync(hex(payload), 5000 * S)).toBeUndefined();
  });

  test("any bytes are answered or not, without an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(0xffff_ffff), (payload, gps) => {
        const length = answerClockSync(payload, gps * S)?.length;
        expect([undefined, 6]).toContain(length);
      }),
      { seed: 1 },
    );
  });
});

describe.each(["1.0", "1.1"] as const)("a %s device that asks for the time", (lorawan) => {
  test("hears it in the first window of the same uplink, by the end of which it is measured", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisionOf(1, { lorawan }));
    bench.run(77.9);
    const downlink = device.exchange({ fPort: 202, payload: hex("01 00 00 00 00 15") });
    const correction = GPS_AT_START + 77;
    const view = new DataView(downlink.payload.buffer);
    expect(downlink.frame).toMatchObject({ fPort: 202, fPending: false });
    expect(downlink.payload).toHaveLength(6);
    expect([view.getUint8(0), view.getInt32(1, true), view.getUint8(5)]).toEqual([
      1,
      correction,
      5,
    ]);
  });

  test("is told the time modulo 2^32 s", () => {
    const bench = new Bench({ gpsAtStart: 2 ** 32 - 10 });
    const device = FakeDevice.joined(bench, provisionOf(1, { lorawan }));
    bench.run(15);
    const downlink = device.exchange({ fPort: 202, payload: hex("01 03 00 00 00 15") });
    expect(downlink.payload).toEqual(hex("01 02 00 00 00 05"));
  });

  test("waits behind what is queued already", () => {
    const bench = new Bench();
    const device = FakeDevice.joined(bench, provisionOf(1, { lorawan }));
    bench.server.enqueue(device.onServer, 200, Uint8Array.of(9));
    const first = device.exchange({ fPort: 202, payload: hex("01 00 00 00 00 10") });
    expect(first.frame).toMatchObject({ fPort: 200, fPending: true });
    expect(device.exchange().frame).toMatchObject({ fPort: 202, fPending: false });
  });
});
