import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { FileLock } from "#hal/node/file-lock.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

// A process takes a second to start on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const APP_KEY = "00112233445566778899AABBCCDDEEFF";
const bench = new CommandBench();
const bin = fileURLToPath(new URL("../../../tools/bin.ts", import.meta.url));
const children: ChildProcess[] = [];

beforeAll(async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  bench.write("private.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
  bench.write("public.pem", publicKey.export({ type: "spki", format: "pem" }));
  bench.write("app.bin", Buffer.alloc(2000, 7));
  const files = ["--in", bench.at("app.bin"), "--out", bench.at("app.img")];
  const make = ["image", "make", ...files, "--version", "1.2.3", "--key", bench.at("private.pem")];
  expect(await bench.fuota(fakeSimulate(0), ...make)).toBe(0);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => bench.remove());

/** The words of a command, with what it has to have. */
function device(port: string, state: string, ...more: string[]): string[] {
  const euis = ["--dev-eui", "02F00A0000000001", "--join-eui", "02F00AFF00000001"];
  const key = ["--key", bench.at("public.pem")];
  return ["device", "--port", port, "--state", bench.at(state), ...euis, ...key, ...more];
}

const firmware = () => ["--firmware", bench.at("app.img")];

describe("what it cannot begin with", () => {
  const run = (...args: string[]) => bench.fuota(fakeSimulate(0), ...args);

  test("no key in the environment", async () => {
    vi.stubEnv("FUOTA_APP_KEY", undefined);
    await expect(run(...device("/dev/null", "a"))).rejects.toThrow(/FUOTA_APP_KEY is not set/);
  });

  test("a key that is none, without telling it", async () => {
    vi.stubEnv("FUOTA_APP_KEY", "secret");
    await expect(run(...device("/dev/null", "a"))).rejects.toThrow(
      /^FUOTA_APP_KEY is not 32 hex digits$/,
    );
  });

  test("no image", async () => {
    vi.stubEnv("FUOTA_APP_KEY", APP_KEY);
    await expect(run(...device("/dev/null", "a"))).rejects.toThrow(
      /holds no device yet: --firmware/,
    );
  });

  test.each([
    ["an image that nobody has signed", ["--firmware", "app.bin"], /not an image that --key/],
    ["a data rate that is none", ["--dr", "14"], /EU868 has no DR14/],
  ])("%s", async (_, [option = "", value = ""], words) => {
    vi.stubEnv("FUOTA_APP_KEY", APP_KEY);
    const file = value.includes(".") ? bench.at(value) : value;
    await expect(run(...device("/dev/null", "b", option, file))).rejects.toThrow(words);
  });

  test("what another process runs", async () => {
    vi.stubEnv("FUOTA_APP_KEY", APP_KEY);
    const made = run(...device("/dev/does-not-exist", "d", ...firmware()));
    await expect(made).rejects.toThrow(/no such port/);
    const lock = FileLock.take(bench.at("d/flash.bin.lock"));
    await expect(run(...device("/dev/does-not-exist", "d"))).rejects.toThrow(
      `flash.bin: process ${process.pid} has it`,
    );
    lock.release();
  });

  test("no port", async () => {
    vi.stubEnv("FUOTA_APP_KEY", APP_KEY);
    const start = run(...device("/dev/does-not-exist", "c", ...firmware()));
    await expect(start).rejects.toThrow(/no such port/);
  });
});

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  until(words: RegExp): Promise<void>;
  readonly ended: Promise<number | null>;
}

function started(...args: string[]): Running {
  const node = ["--conditions=fuota-source", "--import", "tsx", bin, ...args];
  const env = { ...process.env, FUOTA_APP_KEY: APP_KEY };
  const child = spawn(process.execPath, node, { env, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  let changed = () => {};
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const take = (bytes: Uint8Array) => {
    output += Buffer.from(bytes).toString();
    changed();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const until = (words: RegExp) =>
    new Promise<void>((resolve, reject) => {
      changed = () => words.test(output) && resolve();
      changed();
      void ended.then(() => reject(new Error(`it ended:\n${output}`)));
    });
  return { child, output: () => output, until, ended };
}

test("on a modem in another process: it joins, sets its clock, survives a kill, ends with Ctrl-C", async () => {
  const link = bench.at("port");
  const modem = started("modem", "--pty", link, "--app-key", APP_KEY);
  await modem.until(/modem rui4_2/);
  const words = device(link, "d", ...firmware(), "--log", bench.at("log.json"));
  const first = started(...words);
  await first.until(/modem rui3 RUI_4\.2\.1_RAK3172-E on .* at 115200 baud/);
  await first.until(/booted 1\.2\.3\+0 from bank A/);
  await first.until(/clock corrected/);
  first.child.kill("SIGKILL");
  await first.ended;
  const second = started(...words);
  await second.until(/booted 1\.2\.3\+0 from bank A[\s\S]*clock corrected/);
  second.child.kill("SIGINT");
  expect(await second.ended).toBe(0);
  const lines = bench.read("log.json").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).text).join()).toMatch(/booted 1\.2\.3/);
  expect(first.output() + second.output() + bench.read("log.json")).not.toContain(APP_KEY);
});

test("on RUI 5 it refuses", async () => {
  const link = bench.at("port5");
  const modem = started("modem", "--profile", "rui5fuota", "--pty", link);
  await modem.until(/modem rui5fuota/);
  const run = started(...device(link, "e", ...firmware()));
  expect(await run.ended).toBe(3);
  expect(run.output()).toMatch(/will not do: RUI 5 answers the ports/);
});
