import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf, fCntOf } from "#sim/fleet/frame-heads.ts";
import { captureOf } from "#tools/pcap/capture-file.ts";
import { framesOf } from "#tools/pcap/frames.ts";
import type { CapturedFrame } from "#tools/pcap/loratap.ts";
import { readRecording } from "#tools/recording/read.ts";
import { recordWorld } from "../tools/recording/recorded-world.ts";

/** Wireshark reads the capture of a recorded run. */

const folder = mkdtempSync(join(tmpdir(), "fuota-pcap-"));
const recording = join(folder, "r.rec.ndjson");
const captures = { 0: join(folder, "0.pcap"), 1: join(folder, "1.pcap") } as const;
let frames: readonly CapturedFrame[] = [];

beforeAll(() => {
  const text = `name: recorded
devices: { count: 6, defaults: { uplinkIntervalS: 60 } }
firmware: { sizeBytes: 2100 }
campaign: { redundancyPercent: 100 }
air: { classADutyCycle: false, multicastLoss: { model: bernoulli, probability: 0.2 } }
expect: { updated: all }
`;
  writeFileSync(recording, recordWorld({ text, seed: 2, gateways: 2 }).lines.join(""));
  frames = framesOf(readRecording(recording).lines);
  for (const version of [0, 1] as const) {
    writeFileSync(captures[version], Buffer.concat([...captureOf(frames, version)]));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...args: readonly string[]): string {
  const options = { encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined) throw error;
  expect(status, stderr).toBe(0);
  return stdout;
}

/** A row for each frame, a text for each field; empty when it has none. */
function dissected(capture: string, ...fields: readonly string[]): readonly (readonly string[])[] {
  return run("tshark", "-r", capture, "-T", "fields", ...fields.flatMap((name) => ["-e", name]))
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => line.split("\t"));
}

const MTYPE = { joinRequest: 0, joinAccept: 1 } as const;
const frequencies = [
  "loratap.channel.frequency",
  "loratap.channel.bandwidth",
  "loratap.channel.sf",
];
const signals = ["loratap.rssi.packet", "loratap.rssi.snr"];
const heads = ["lorawan.fhdr.devaddr", "lorawan.fhdr.fcnt", "lorawan.join_request.deveui"];

/** What Wireshark should find in a frame. */
function expectedOf(frame: CapturedFrame): readonly string[] {
  const { phyPayload, gpsUs, frequencyHz, rate, signal } = frame;
  const utcUs = gpsUs + (315_964_800 - 18) * 1e6;
  const epoch = `${Math.floor(utcUs / 1e6)}.${String(utcUs % 1e6).padStart(6, "0")}000`;
  const measured = signal === undefined ? ["255", "0"] : ["79", "32"];
  const type = (phyPayload[0] ?? 0) >> 5;
  const devAddr = `0x${addressOf(phyPayload).toString(16).padStart(8, "0")}`;
  const data = type > MTYPE.joinAccept ? [devAddr, String(fCntOf(phyPayload))] : ["", ""];
  const eui = Buffer.from(phyPayload.subarray(9, 17)).reverse().toString("hex");
  const devEui = type === MTYPE.joinRequest ? eui.replace(/..(?=.)/g, "$&:") : "";
  return [epoch, String(frequencyHz), "1", String(rate.sf), ...measured, ...data, devEui];
}

/** MHDR, FHDR with its options and MIC, and nothing else. */
function isEmpty(phyPayload: Uint8Array): boolean {
  return phyPayload.length === 12 + ((phyPayload[5] ?? 0) & 0x0f);
}

test("a whole update is in it", () => {
  const counts = ["up", "down"].map(
    (direction) => frames.filter((frame) => frame.direction === direction).length,
  );
  expect(Math.min(...counts)).toBeGreaterThan(60);
});

test("every frame has its time, channel, signal, address, counter or device", () => {
  const rows = dissected(captures[0], "frame.time_epoch", ...frequencies, ...signals, ...heads);
  expect(rows).toEqual(frames.map(expectedOf));
  expect(rows.filter((row) => row[6] !== "").length).toBeGreaterThan(100);
});

test("nothing is malformed; Wireshark 4.0 takes the MIC of an empty frame for an FPort", () => {
  const rows = dissected(captures[0], "_ws.expert.message");
  const malformed = frames.filter((_, index) => /malformed/i.test(rows[index]?.[0] ?? ""));
  expect(rows).toHaveLength(frames.length);
  expect(malformed.filter(({ phyPayload }) => !isEmpty(phyPayload))).toEqual([]);
});

describe("version 1", () => {
  /** Wireshark takes it since 4.2; before, it reads on after version 0, whatever the length says. */
  const isKnown = () => run("tshark", "-G", "fields").includes("\tloratap.srcgw\t");

  test("has version 0 in front, twenty bytes of its own, and the same behind", () => {
    const chopped = join(folder, "chopped.pcap");
    run("editcap", "-L", "-C", "15:20", captures[1], chopped);
    const capture = isKnown() ? captures[1] : chopped;
    const rows = dissected(capture, "frame.time_epoch", ...frequencies, ...signals, ...heads);
    expect(rows).toEqual(frames.map(expectedOf));
  });

  test("says which gateway, and which way, to a Wireshark that can read it", () => {
    if (!isKnown()) return;
    const rows = dissected(captures[1], "loratap.srcgw", "loratap.flags");
    expect(rows).toEqual(
      frames.map(({ gatewayId, direction }) => [gatewayId, direction === "up" ? "0x08" : "0x22"]),
    );
  });
});
