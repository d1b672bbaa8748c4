import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DeviceStatus } from "#agent/status.ts";
import type { RadioEvent } from "#hal/radio-port.ts";
import { Operator } from "#tools/device/operator.ts";
import { hex } from "../../hex.ts";
import { FakeTerminal } from "../run/fake-fleet.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5) }));
afterEach(() => void vi.useRealTimers());

const MC_GROUP_SETUP = hex(
  `02 00 78 56 34 12 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 00 00 00 00 ff 00 00 00`,
);

const downlink = (fPort: number, payload: Uint8Array): RadioEvent => ({
  type: "downlink",
  fPort,
  payload,
  source: { type: "multicast", groupId: 2, fCnt: 0 },
  morePending: false,
});
const fragment = (n: number) => downlink(201, Uint8Array.of(0x08, n, 0, 1, 2, 3));
const uplink = (fPort: number, payload: Uint8Array) =>
  ({ type: "uplink", fPort, payload, confirmed: false }) as const;

interface Bench {
  readonly operator: Operator;
  readonly terminal: FakeTerminal;
  readonly log: string[];
}

function bench(options: { isInteractive?: boolean; showsLines?: boolean } = {}): Bench {
  const { isInteractive = false, showsLines = true } = options;
  const terminal = new FakeTerminal(isInteractive);
  const log: string[] = [];
  const parts = { terminal, packages: 1, showsLines } as const;
  const file = { write: (line: string) => void log.push(line), close: () => {} };
  return { operator: new Operator({ ...parts, log: file }), terminal, log };
}

const AT = "2026-01-02T03:04:05.000Z";
const SETUP_WORDS =
  "McGroupSetupReq: sets a multicast group up (mcGroupId 0, mcAddr 0x12345678, minMcFCnt 0, maxMcFCnt 255)";

test("lines for people, and the log with what it was", () => {
  const { operator, terminal, log } = bench();
  operator.start();
  operator.say("booted");
  operator.watch.onSignal({ type: "heard", rssiDbm: -97, snrDb: 4 });
  operator.watch.heard(downlink(200, MC_GROUP_SETUP));
  operator.watch.asked(uplink(200, hex("02 00")));
  operator.watch.heard({ type: "uplinkDone" });
  operator.stop();
  expect(terminal.stdout).toBe(
    [
      "03:04:05  booted",
      `03:04:05  heard ${SETUP_WORDS}`,
      "03:04:05  said McGroupSetupAns: answers a group setup (mcGroupId 0)",
      "",
    ].join("\n"),
  );
  expect(terminal.stderr).toBe("");
  expect(log.map((line) => JSON.parse(line))).toEqual([
    { at: AT, type: "note", text: "booted" },
    {
      at: AT,
      type: "downlink",
      fPort: 200,
      sizeBytes: 30,
      groupId: 2,
      rssiDbm: -97,
      snrDb: 4,
      text: SETUP_WORDS,
    },
    {
      at: AT,
      type: "uplink",
      fPort: 200,
      sizeBytes: 2,
      text: "McGroupSetupAns: answers a group setup (mcGroupId 0)",
    },
  ]);
  expect(log.join() + terminal.stdout).not.toMatch(/00 ?11 ?22 ?33/);
});

test("heartbeats and fragments are for the log; of a block there is a line for each tenth", () => {
  const { operator, terminal, log } = bench();
  let missing = 20;
  const session = { fragIndex: 0, nbFrag: 20 };
  const status = () => ({ sessions: [{ ...session, missing }] }) as unknown as DeviceStatus;
  operator.watch.begin({ status, isTrial: false });
  operator.watch.asked(uplink(1, hex("01 05 14 00")));
  for (let n = 1; n <= 7; n++) {
    operator.watch.heard(fragment(n));
    missing -= 1;
  }
  expect(terminal.stdout).toBe([2, 4, 6].map((has) => `03:04:05  block 0: ${has}/20\n`).join(""));
  expect(log).toHaveLength(8);
});

test("on a terminal the view is below the lines, and drawn anew every second", () => {
  const { operator, terminal } = bench({ isInteractive: true });
  operator.start();
  vi.advanceTimersByTime(2000);
  expect(terminal.stderr.match(/state {4}not joined/g)).toHaveLength(2);
  operator.say("joined");
  expect(terminal.stdout).toBe("03:04:07  joined\n");
  expect(terminal.stderr.match(/state {4}not joined/g)).toHaveLength(3);
  operator.stop();
  vi.advanceTimersByTime(5000);
  expect(terminal.stderr.match(/state {4}not joined/g)).toHaveLength(4);
});

test("where the log is the output, there are no lines beside it", () => {
  const { operator, terminal, log } = bench({ showsLines: false });
  operator.say("booted");
  expect(terminal.stdout).toBe("");
  expect(log).toHaveLength(1);
});

test("noise on the ports of the packages is told as such", () => {
  const { operator, terminal } = bench();
  operator.watch.heard(downlink(200, hex("ff 01")));
  operator.watch.heard(downlink(200, hex("")));
  operator.watch.heard(downlink(17, hex("00 01 02")));
  expect(terminal.stdout.replaceAll("03:04:05  ", "")).toBe(
    "heard byte 0 and on: not understood\nheard nothing\nheard 3 bytes on port 17\n",
  );
});
