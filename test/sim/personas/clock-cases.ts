import type { Deviations } from "#sim/personas/deviations.ts";
import { S, type TestDevice } from "../../agent/test-device.ts";
import { ask, type Cases, SETUP } from "./deviation-case.ts";
import { session } from "./multicast-cases.ts";
import { answersTo, textOf } from "./persona-device.ts";

/** Seconds from a forced resync to each AppTimeReq. */
function resync(device: TestDevice, answerAfterS?: number): string {
  device.wait(600);
  const before = device.sent(202).length;
  const from = device.now;
  device.downlink(202, Uint8Array.of(3, 3));
  if (answerAfterS !== undefined) {
    device.wait(answerAfterS);
    const token = ((device.sent(202).at(-1)?.payload[5] ?? 0) + 1) & 0x0f;
    device.downlink(202, Uint8Array.of(1, 0, 0, 0, 0, token));
  }
  device.wait(200);
  const times = device.sent(202).slice(before);
  return times.map(({ atS }) => Math.round(atS - from / S)).join(",");
}

/** How many AppTimeReq follow a saturated correction. */
const saturated = (correction: string) => (device: TestDevice) => {
  device.wait(1);
  const token = device.sent(202).at(-1)?.payload[5] ?? 0;
  const before = device.sent(202).length;
  const answer = `01 ${correction} ${(token & 0x0f).toString(16)}`;
  answersTo(device, 202, answer, 5);
  return `${device.sent(202).length - before}`;
};

const timeOf = (device: TestDevice) => textOf(device.sent(202)[0]?.payload ?? new Uint8Array(0));
function delayOf(fPort: number, request: string) {
  return (device: TestDevice) => {
    const from = device.now;
    answersTo(device, fPort, request, 10);
    return `${(device.sent(fPort).at(-1)?.atS ?? 0) - from / S}`;
  };
}

export const clockCases = {
  answersMerged: [
    {
      does: { answersMerged: true },
      act: ask(200, `00 ${SETUP}`),
      off: "000201,0200",
      on: "0002010200",
    },
    {
      does: { answersMerged: true },
      act: ask(202, "00 03 01"),
      off: "000101,01937b805618",
      on: "00010101937b805618",
    },
  ],
  clockSyncVersion: [
    { does: { clockSyncVersion: 2 }, act: ask(202, "00"), off: "000101", on: "000102" },
  ],
  resyncSpacingS: [
    {
      does: { resyncSpacingS: [4, 1] },
      act: (device) => resync(device),
      off: "0,13,25",
      on: "0,4,8",
    },
  ],
  resyncExtra: [
    {
      base: { resyncSpacingS: [10, 1] },
      does: { resyncExtra: 1 },
      act: (device) => resync(device),
      off: "0,10,20",
      on: "0,10,20,30",
    },
  ],
  resyncEnds: [
    {
      base: { resyncSpacingS: [10, 1] },
      does: { resyncEnds: "anyAnswer" },
      act: (device) => resync(device, 5),
      off: "0,10,20",
      on: "0,10",
    },
  ],
  saturation: [
    {
      does: { saturation: "never" },
      synced: false,
      act: saturated("ff ff ff 7f"),
      off: "1",
      on: "0",
    },
    {
      does: { saturation: "positive" },
      synced: false,
      act: saturated("ff ff ff 7f"),
      off: "1",
      on: "1",
    },
    {
      does: { saturation: "positive" },
      synced: false,
      act: saturated("00 00 00 80"),
      off: "1",
      on: "0",
    },
  ],
  ansRequired: [
    {
      does: { ansRequired: "never" },
      synced: false,
      act: timeOf,
      off: "01 92 7b 80 56 18",
      on: "01 92 7b 80 56 08",
    },
  ],
  periodicity: [
    {
      does: { periodicity: "notSupported" },
      act: ask(202, "02 05"),
      off: "0200937b8056",
      on: "0201937b8056",
    },
    {
      does: { periodicity: "nextByte" },
      act: (device) => {
        device.downlink(202, Uint8Array.of(2, 15, 0));
        const before = device.sent(202).length;
        device.wait(200);
        return `${device.sent(202).length - before} in 200 s`;
      },
      off: "0 in 200 s",
      on: "1 in 200 s",
    },
  ],
  deviceTime: [
    {
      does: { deviceTime: "epochTwice" },
      synced: false,
      act: timeOf,
      off: "01 92 7b 80 56 18",
      on: "01 12 3e ab 43 18",
    },
  ],
  clockSetBy: [
    {
      base: { deviceTime: "epochTwice" },
      does: { clockSetBy: "deviceTimeAns" },
      synced: false,
      act: (device) => {
        const token = device.sent(202).at(-1)?.payload[5] ?? 0;
        // What a server answers whose time is that of the device.
        answersTo(device, 202, `01 80 3d d5 12 ${(token & 0x0f).toString(16)}`, 4);
        answersTo(device, 202, "02 00", 0);
        return textOf(device.sent(202).at(-1)?.payload.subarray(2) ?? new Uint8Array(0));
      },
      off: "17 b9 55 69",
      on: "97 7b 80 56",
    },
  ],
  appTimeReqInSession: [
    {
      does: { appTimeReqInSession: "never" },
      act: (device) => {
        answersTo(device, 202, "02 00", 1);
        answersTo(device, 200, SETUP, 1);
        answersTo(device, 200, session(5).replace("08 d2", "0a d2"), 60);
        const before = device.sent(202).length;
        device.wait(800);
        return `${device.sent(202).length - before > 0}`;
      },
      off: "true",
      on: "false",
    },
  ],
  answerDelayS: [
    {
      does: { answerDelayS: { fragmentation: [3, 1] } },
      act: delayOf(201, "03 00"),
      off: "0",
      on: "3",
    },
    {
      does: { answerDelayS: { multicastSetup: [2, 1] } },
      act: delayOf(200, SETUP),
      off: "0",
      on: "2",
    },
  ],
} as const satisfies Partial<Cases<keyof Deviations>>;
