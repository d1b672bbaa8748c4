import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { benchCommand } from "#tools/bench/bench.ts";
import { ourRunner, simpleRunner } from "#tools/bench/fec-runner.ts";
import { decodeSession, encodeSession } from "#tools/bench/fec-session.ts";
import { runPeer } from "#tools/bench/peer.ts";
import { decodeSessionFile, encodeSessionFile } from "#tools/bench/session-file.ts";
import { median, repeatMs } from "#tools/bench/timing.ts";
import { InputError, RefusedError } from "#tools/errors.ts";

const decoding = decodeSession(40, 10, 0.2, 1);
const encoding = encodeSession(40, 10, 12);

function resultOf(runner: ReturnType<typeof ourRunner>): string {
  runner.prepare();
  runner.run();
  return runner.result();
}

test("ours and the textbook decoder rebuild the same block", () => {
  const textbook = simpleRunner(decoding);
  expect(textbook && resultOf(textbook)).toBe(resultOf(ourRunner(decoding)));
  expect(simpleRunner(encoding)).toBeUndefined();
});

describe("session files", () => {
  test.each([decoding, encoding])("survive the round trip: $mode", (session) => {
    const bytes = Buffer.from(encodeSessionFile(session));
    expect(bytes.toString("latin1", 0, 8)).toBe("FUOTAFEC");
    const { received, ...rest } = decodeSessionFile(bytes) ?? expect.fail();
    const { received: sent, ...sentRest } = session;
    expect(rest).toEqual(sentRest);
    expect(received.map(({ n }) => n)).toEqual(sent.map(({ n }) => n));
    const joined = (list: typeof sent) => Buffer.concat(list.map(({ data }) => data));
    expect(joined(received)).toEqual(joined(sent));
  });

  test("every truncation and every foreign header field is refused", () => {
    const bytes = Buffer.from(encodeSessionFile(decoding));
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeSessionFile(bytes.subarray(0, length))).toBeUndefined();
    }
    for (const at of [0, 8, 12, 16, 20, 24, 28]) {
      const wrong = Buffer.from(bytes);
      wrong.writeUInt32LE(0xffff_ffff, at);
      expect(decodeSessionFile(wrong)).toBeUndefined();
    }
  });
});

describe("peers", () => {
  let directory: string;
  let count = 0;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "peer-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function peer(script: string): string {
    const path = join(directory, `peer${count++}`);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  test("the peer is given the file after its own arguments, and its ms is taken", () => {
    const command = peer(`[ "$1" = --fast ] && [ -s "$2" ] && echo '{"ms": 1.5, "sha256": "ab"}'`);
    expect(runPeer(`${command} --fast`, decoding, "ab")).toBe(1.5);
  });

  test("the sha256 may be left out", () => {
    expect(runPeer(peer(`echo '{"ms": 2, "more": true}'`), decoding, "ab")).toBe(2);
  });

  test("exit status 3: it cannot do such sessions", () => {
    expect(runPeer(peer("exit 3"), encoding, "ab")).toBeUndefined();
  });

  test.each([
    ["wrong bytes", `echo '{"ms": 2, "sha256": "cd"}'`],
    ["no JSON", "echo 12"],
    ["no JSON object", "echo null"],
    ["no time", "echo '{}'"],
    ["no positive time", `echo '{"ms": 0}'`],
    ["a time that is text", `echo '{"ms": "1"}'`],
    ["a failure", "exit 1"],
  ])("%s is refused", (_, script) => {
    expect(() => runPeer(peer(script), decoding, "ab")).toThrow(RefusedError);
  });

  test("a command that does not exist is refused", () => {
    expect(() => runPeer(join(directory, "none"), decoding, "ab")).toThrow(RefusedError);
  });
});

test("an unknown row is unusable input", () => {
  expect(() => benchCommand().parse(["--rows", "nothing"], { from: "user" })).toThrow(InputError);
});

test("timing: at least three runs, each prepared, and the middle one", () => {
  let prepared = 0;
  const times = repeatMs(
    0,
    () => prepared++,
    () => {},
  );
  expect(times.length).toBe(3);
  expect(prepared).toBe(3);
  expect(median([5, 1, 3])).toBe(3);
});
