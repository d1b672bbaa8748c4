import type { Deviations } from "#sim/personas/deviations.ts";
import { multicast } from "../../agent/frag-server.ts";
import { GPS_AT_START, S, type TestDevice } from "../../agent/test-device.ts";
import { ask, type Cases, SETUP, served, statusOf } from "./deviation-case.ts";
import { answersTo, leBytes } from "./persona-device.ts";

/** After a second of life and four of set-up. */
const NOW = GPS_AT_START + 5;
const GROUP_1 = SETUP.replace("02 00", "02 01");

export const session = (inS: number, { cid = "04", id = "00", hz = "d2 ad 84", dr = "00" } = {}) =>
  `${cid} ${id} ${leBytes(NOW + inS, 4)} ${cid === "05" ? "23" : "08"} ${hz} ${dr}`;

/** A session request to a device that has group 0. */
const askSession =
  (inS: number, radio = {}) =>
  (device: TestDevice) => {
    answersTo(device, 200, SETUP, 4);
    return answersTo(device, 200, session(inS, radio), 4).join(",");
  };

/** How long its class C windows are open in the next `waitS` seconds. */
function windows(device: TestDevice, requests: readonly string[], waitS: number): string {
  for (const request of requests) answersTo(device, 200, request, 1);
  const lengths: string[] = [];
  let openedAt = 0;
  let seen = device.effects.length;
  for (let second = 0; second < waitS; second++) {
    device.wait(1);
    for (const { type } of device.effects.slice(seen)) {
      if (type === "startClassC") openedAt = device.now;
      if (type === "stopClassC") lengths.push(`${(device.now - openedAt) / S} s`);
    }
    seen = device.effects.length;
  }
  return lengths.join(",");
}

export const multicastCases = {
  answerBytesMax: [
    {
      base: { answersMerged: true },
      does: { answerBytesMax: 15 },
      act: (device) => {
        for (const id of ["00", "01", "02"])
          answersTo(device, 200, SETUP.replace("02 00", `02 ${id}`));
        return answersTo(device, 200, "01 07").join(",");
      },
      off: "013700feffff0101feffff0102feffff01",
      on: "013300feffff0101feffff01",
    },
  ],
  mcGroups: [{ does: { mcGroups: 1 }, act: ask(200, GROUP_1), off: "0201", on: "0205" }],
  unknownCommand: [
    { does: { unknownCommand: "skipsByte" }, act: ask(200, "7f 00"), off: "", on: "000201" },
    { does: { unknownCommand: "skipsByte" }, act: ask(201, "7f 00"), off: "", on: "000301" },
    { does: { unknownCommand: "skipsByte" }, act: ask(202, "7f 00"), off: "", on: "000101" },
  ],
  groupStatus: [
    { does: { groupStatus: "unknown" }, act: ask(200, "01 00"), off: "0100", on: "000201" },
    { does: { groupStatus: "endsFrame" }, act: ask(200, "01 00 00"), off: "0100,000201", on: "" },
  ],
  unmaskedMcGroupId: [
    {
      base: { badGroupId: "misparsed" },
      does: { unmaskedMcGroupId: true },
      act: ask(200, SETUP.replace("02 00", "02 04").replace("fb", "7f")),
      off: "0200",
      on: "0204",
    },
  ],
  badGroupId: [
    {
      base: { mcGroups: 1 },
      does: { badGroupId: "misparsed" },
      act: ask(200, session(300, { id: "01", dr: "7f" }), 1),
      off: "0415",
      on: "0410",
    },
  ],
  maxMcFCntZero: [
    {
      does: { maxMcFCntZero: "noLimit" },
      act: (device) => {
        answersTo(device, 200, SETUP.replace("ff ff ff ff", "00 00 00 00"));
        const server = served(device, []);
        device.downlink(201, server.fragment(1), multicast(0, 1));
        return statusOf(device);
      },
      off: "0100000a00",
      on: "0101000900",
    },
  ],
  classB: [
    {
      does: { classB: "asClassC" },
      act: (device) => windows(device, [SETUP, session(20, { cid: "05" })], 60),
      off: "",
      on: "11 s",
    },
    {
      does: { classB: "endsFrame" },
      act: askSession(300, { cid: "05" }),
      off: "05002c0100",
      on: "",
    },
  ],
  timeOutOfGroup0: [
    {
      does: { timeOutOfGroup0: true },
      act: (device) => {
        const ofGroup1 = session(20, { id: "01" }).replace("08 d2", "04 d2");
        const ofGroup0 = session(9000).replace("08 d2", "05 d2");
        return windows(device, [SETUP, GROUP_1, ofGroup0, ofGroup1], 80);
      },
      off: "19 s",
      on: "35 s",
    },
  ],
  pastStart: [
    { does: { pastStart: "b4" }, act: askSession(-100), off: "0400000000", on: "0410" },
    { does: { pastStart: "b5" }, act: askSession(-100), off: "0400000000", on: "0420" },
    { does: { pastStart: "b4" }, version: 2, act: askSession(-100), off: "0420", on: "0410" },
    { does: { pastStart: "b5" }, version: 2, act: askSession(0), off: "0420", on: "0420" },
  ],
  startsNow: [
    {
      base: { pastStart: "b5" },
      does: { startsNow: "accepted" },
      act: askSession(0),
      off: "0420",
      on: "0400000000",
    },
  ],
  sessionErrors: [
    {
      base: { pastStart: "b5" },
      does: { sessionErrors: "firstKind" },
      act: askSession(-1000, { dr: "0f" }),
      off: "0424",
      on: "0404",
    },
  ],
  undefinedGroupBits: [
    {
      base: { pastStart: "b4" },
      does: { undefinedGroupBits: 0x1c },
      act: askSession(300, { id: "02" }),
      off: "0412",
      on: "041e",
    },
  ],
  freqAndDrInvalid: [
    {
      base: { pastStart: "b5", sessionErrors: "firstKind" },
      does: { freqAndDrInvalid: "silent" },
      act: askSession(300, { dr: "0f", hz: "01 00 00" }),
      off: "040c",
      on: "",
    },
  ],
  unsyncedClock: [
    {
      does: { pastStart: "b4", unsyncedClock: "trusted" },
      synced: false,
      act: askSession(-100),
      off: "0400ffffff",
      on: "0410",
    },
    {
      does: { unsyncedClock: "timeToStartMax" },
      synced: false,
      act: askSession(300),
      off: "04002c0100",
      on: "0400ffffff",
    },
    {
      does: { unsyncedClock: "notScheduled" },
      synced: false,
      act: (device) => windows(device, [SETUP, session(20).replace("08 d2", "02 d2")], 60),
      off: "7 s",
      on: "",
    },
  ],
} as const satisfies Partial<Cases<keyof Deviations>>;
