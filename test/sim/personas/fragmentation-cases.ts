import type { Deviations } from "#sim/personas/deviations.ts";
import { FragServer } from "../../agent/frag-server.ts";
import { ask, type Cases, counting, served, status, statusOf } from "./deviation-case.ts";
import { answersTo, textOf } from "./persona-device.ts";

const allButTwo = [1, 2, 4, 5, 6, 8, 9, 10];
const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export const fragmentationCases = {
  lostFragmentsMax: [
    {
      does: { lostFragmentsMax: 1 },
      act: status([...allButTwo, 11]),
      off: "0109000100",
      on: "0109000201",
    },
  ],
  sessionCnt: [
    {
      does: { sessionCnt: "ram" },
      version: 2,
      act: (device) => {
        const server = served(device, [1], 2);
        device.powerOn();
        return answersTo(device, 201, textOf(server.setup())).join(",");
      },
      off: "0210",
      on: "0200",
    },
  ],
  statusAnsLayoutV2: [
    {
      does: { statusAsOf: "request", missingFrag: "lost", statusAnsLayoutV2: "v1" },
      version: 2,
      act: status(allButTwo, 2),
      off: "0100080002",
      on: "010a000200",
    },
  ],
  unknownSession: [
    {
      does: { statusAsOf: "request", unknownSession: "answersCounts" },
      act: ask(201, "01 03"),
      off: "",
      on: "0100400000",
    },
    {
      does: { statusAsOf: "request", unknownSession: "doesNotExistPadded" },
      version: 2,
      act: ask(201, "01 03"),
      off: "0104",
      on: "0104000000",
    },
    {
      does: { statusAsOf: "request", unknownSession: "answersCounts", missingFrag: "lost" },
      act: status(allButTwo, 1, "01 05"),
      off: "",
      on: "010a800200",
    },
  ],
  missingFrag: [
    {
      does: { statusAsOf: "request", missingFrag: "lost" },
      act: status(allButTwo),
      off: "0108000200",
      on: "010a000200",
    },
    {
      does: { statusAsOf: "request", missingFrag: "nbFragMinusHeard", nbFragReceived: "heard" },
      act: status([1, 2, 3, 11, 11]),
      off: "0105000600",
      on: "0105000500",
    },
    {
      does: { statusAsOf: "request", missingFrag: "lowByte" },
      act: (device) => {
        const data = new Uint8Array(300).fill(1);
        const server = new FragServer({ version: 1, data, fragSize: 1 });
        answersTo(device, 201, textOf(server.setup()));
        for (let n = 1; n <= 44; n++) device.downlink(201, server.fragment(n));
        return statusOf(device);
      },
      off: "012c00ff00",
      on: "012c000000",
    },
  ],
  missingFragAfterLossless: [
    {
      does: { statusAsOf: "request", missingFragAfterLossless: 1 },
      act: status(all),
      off: "010a000000",
      on: "010a000100",
    },
  ],
  countsBeforeFirstFragment: [
    {
      does: { statusAsOf: "request", countsBeforeFirstFragment: "zero" },
      version: 2,
      act: status([], 2),
      off: "010000000a",
      on: "0100000000",
    },
  ],
  nbFragReceived: [
    {
      does: { statusAsOf: "request", nbFragReceived: "lastN" },
      act: status(allButTwo),
      off: "0108000200",
      on: "010a000200",
    },
    {
      does: { statusAsOf: "request", nbFragReceived: "lastNMinusLost" },
      act: status([1, 1, 2]),
      off: "0103000800",
      on: "0102000800",
    },
    {
      does: { statusAsOf: "request", nbFragReceived: "heard" },
      act: status([...all, 11]),
      off: "010a000000",
      on: "010b000000",
    },
  ],
  statusAsOf: [
    {
      does: { statusAsOf: "request", nbFragReceived: "lastN" },
      act: (device) => {
        const server = served(device, [1, 2]);
        device.downlink(201, server.statusReq());
        for (const n of [3, 4]) device.downlink(201, server.fragment(n));
        const before = device.sent(201).length;
        device.wait(20);
        return device
          .sent(201)
          .slice(before)
          .map(({ payload }) => textOf(payload))
          .join(",");
      },
      off: "01 04 00 06 00",
      on: "01 02 00 08 00",
    },
  ],
  fragmentOrder: [
    {
      does: { fragmentOrder: "ascending" },
      act: status([2, 1, 3]),
      off: "0103000700",
      on: "0102000800",
    },
  ],
  overflow: [
    {
      does: { statusAsOf: "request", missingFrag: "lost", overflow: "endsSessionAndSticks" },
      rows: 1,
      act: (device) => {
        const first = status([...allButTwo, 11, 12, 3, 7])(device);
        return `${first},${status([1])(device)}`;
      },
      off: "010c000000,0101000900",
      on: "010b000201,0101000001",
    },
  ],
  sessionEndsWhenFinished: [
    {
      does: { sessionEndsWhenFinished: true },
      act: (device) => {
        served(device, all);
        return answersTo(device, 201, "03 00").join(",");
      },
      off: "0300",
      on: "0304",
    },
  ],
  singleSession: [
    {
      does: { singleSession: true },
      act: (device) => {
        served(device, [1]);
        const other = new FragServer({ version: 1, data: counting, fragSize: 10, fragIndex: 1 });
        return answersTo(device, 201, textOf(other.setup())).join(",");
      },
      off: "0240",
      on: "0244",
    },
  ],
} as const satisfies Partial<Cases<keyof Deviations>>;
