import { beforeEach, expect, test } from "vitest";
import { Recorder } from "#tools/recording/recorder.ts";

const WORLD = {
  gpsAtStart: 1_400_000_000,
  gateways: 1,
  statsIntervalS: 30,
  isLenient: false,
  acknowledges: "booked",
  joinSpreadS: 10,
} as const;
const FIRMWARE = { sha256: "ab".repeat(32), sizeBytes: 2100, version: "2.0.0" };
const COMMAND = { downlinkId: 1, items: [] };

const lines: string[] = [];
const types = () => lines.map((line) => JSON.parse(line).type);
let recorder: Recorder;
beforeEach(() => {
  lines.length = 0;
  const scenario = { name: "a", sha256: "cd".repeat(32), text: "name: a\n" };
  const options = { devices: null, firmware: "generated" } as const;
  const run = { version: "1", scenario, seed: 1, options };
  recorder = new Recorder(run, (line) => lines.push(line));
  recorder.begin(WORLD, FIRMWARE);
});

test("a world in which nothing happened has no line", () => {
  expect(lines).toEqual([]);
});

test("what decides the world comes first, once", () => {
  recorder.command(5, 0, COMMAND);
  recorder.start(7);
  expect(types()).toEqual(["recording", "command", "start"]);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ world: WORLD, firmware: FIRMWARE, seed: 1 });
  expect(lines.every((line) => line.endsWith("}\n"))).toBe(true);
});

test("what a server says after the end is of no run", () => {
  recorder.end({ at: 9, interrupted: false, wallSeconds: 1, results: [] });
  recorder.command(10, 0, COMMAND);
  expect(types()).toEqual(["recording", "end"]);
});

test("a crash is the last line, with the beginning of what was thrown", () => {
  recorder.start(7);
  recorder.crashed(8, new RangeError("x".repeat(2000)));
  recorder.command(10, 0, COMMAND);
  expect(types()).toEqual(["recording", "start", "crashed"]);
  expect(JSON.parse(lines[2] ?? "")).toEqual({ type: "crashed", at: 8, error: "x".repeat(1000) });
});
