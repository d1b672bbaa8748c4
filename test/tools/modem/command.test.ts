import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, lstatSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { openSerial } from "#hal/serial/serial-transport.ts";
import { PROFILE_NAMES, type ProfileName } from "#sim/modem/profiles.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

/** `fuota modem` in a process of its own, and `fuota probe` on the real port library against it. */

// A process takes a second to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const bench = new CommandBench();
const bin = fileURLToPath(new URL("../../../tools/bin.ts", import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => bench.remove());

interface RunningModem {
  readonly child: ChildProcess;
  /** What it has printed. */
  output: () => string;
  ended: Promise<number | null>;
}

async function started(...args: string[]): Promise<RunningModem> {
  const node = ["--conditions=fuota-source", "--import", "tsx", bin, "modem", ...args];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ready = new Promise<void>((resolve) => {
    const take = (bytes: Uint8Array) => {
      output += Buffer.from(bytes).toString();
      if (output.includes("modem ")) resolve();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
  });
  await Promise.race([ready, ended]);
  return { child, output: () => output, ended };
}

const urlIn = (text: string) => /tcp:\/\/[\w.:]+/.exec(text)?.[0] ?? "";

describe("a probe on its pseudo-terminal", () => {
  const verdicts: Readonly<Record<ProfileName, RegExp>> = {
    rui4_2: /RUI_4\.2\.1[\s\S]*for FUOTA +yes/,
    rui3_2: /3\.2\.0-p2[\s\S]*for FUOTA +with limits/,
    rui5fuota: /RUI_5\.0\.0[\s\S]*for FUOTA +no/,
    legacy104: /before RUI3[\s\S]*for FUOTA +with limits/,
    e5: /LoRa-E5[\s\S]*for FUOTA +with limits/,
    classic: /classic[\s\S]*for FUOTA +with limits/,
  };

  test.each(PROFILE_NAMES)("%s is told apart", async (profile) => {
    const link = bench.at(`port-${profile}`);
    await started("--profile", profile, "--pty", link);
    bench.terminal.stdout = "";
    const status = await bench.fuota(fakeSimulate(0), "probe", link);
    expect(bench.terminal.stdout).toMatch(verdicts[profile]);
    expect(status).toBe(profile === "rui5fuota" ? 1 : 0);
  });
});

test("over TCP, for one host at a time; Ctrl-C ends it, and its link goes", async () => {
  const link = bench.at("port");
  const modem = await started("--tcp", "0", "--pty", link);
  expect(await bench.fuota(fakeSimulate(0), "probe", urlIn(modem.output()))).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  modem.child.kill("SIGINT");
  expect(await modem.ended).toBe(0);
  expect(existsSync(link)).toBe(false);
});

test("a modem whose process is killed is gone", async () => {
  const link = bench.at("killed");
  const modem = await started("--pty", link);
  const lost = new Promise((resolve) => {
    const events = { onData: () => {}, onClosed: resolve };
    void openSerial(link, 115_200, events).then(() => modem.child.kill("SIGKILL"));
  });
  expect(await lost).toMatchObject({ problem: "lost" });
});

test("with troubles it comes as they say, and SIGHUP cuts its power", async () => {
  const modem = await started("--tcp", "0", "--set", "modem.bootGlitches=1");
  const probed = bench.fuota(fakeSimulate(0), "probe", urlIn(modem.output()));
  await expect(probed).rejects.toThrow(/no answer to AT/);
  modem.child.kill("SIGHUP");
  await vi.waitUntil(() => modem.output().includes("its power was cut"), { timeout: 20_000 });
  expect(await bench.fuota(fakeSimulate(0), "probe", urlIn(modem.output()))).toBe(0);
});

test("a port that is taken, and a link that cannot be made, are told", async () => {
  const first = await started("--tcp", "0");
  const port = urlIn(first.output()).split(":").at(-1) ?? "";
  const second = await started("--tcp", port);
  expect(await second.ended).toBe(3);
  expect(second.output()).toMatch(/cannot listen on 127\.0\.0\.1:\d+: somebody else/);
  const third = await started("--pty", bench.at("nowhere/port"));
  expect(await third.ended).toBe(2);
  expect(third.output()).toMatch(/cannot make the link .*: no such file/);
});

test.each([
  ["--tcp", "x", /expected a port, or host:port/],
  ["--tcp", "70000", /expected a port/],
  ["--app-key", "00", /expected 32 hex digits/],
  ["--dev-eui", "zz", /expected 16 hex digits/],
  ["--profile", "rui9", /rui4_2/],
  ["--region", "EU433", /EU868/],
])("%s %s is told what is expected", async (option, value, words) => {
  expect(await bench.complaint(fakeSimulate(0), "modem", option, value)).toMatch(words);
});

test("what only RUI3 has is not for another profile", async () => {
  const args = ["modem", "--profile", "e5", "--set", "modem.ownFuota=true"];
  expect(await bench.complaint(fakeSimulate(0), ...args)).toMatch(/ownFuota is of RUI3: choose/);
});
