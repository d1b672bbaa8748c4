import { afterAll, afterEach, describe, expect, test } from "vitest";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { imageOf, signer } from "./pull-bench.ts";

/* Device and stand-in from the command line, over sockets, in the dialect of the document. */

const bench = new CommandBench();
bench.write("key.pub.pem", signer.publicPem());
bench.write("app.img", imageOf(20_000));
bench.write("other.img", new Uint8Array(5000));
const running: { readonly stop: () => void; readonly ended: Promise<number> }[] = [];
afterEach(async () => {
  for (const { stop, ended } of running.splice(0)) {
    stop();
    await ended;
  }
});
afterAll(() => bench.remove());

let folders = 0;

interface Served {
  readonly stdout: () => string;
  readonly url: (scheme: "http" | "mqtt" | "coap") => string;
}

/** Until the test ends. */
async function serve(...args: readonly string[]): Promise<Served> {
  const stop = new AbortController();
  const server = new CommandBench({ interruption: () => ({ signal: stop.signal, end: () => {} }) });
  const ports = ["--port", "0", "--mqtt", "0", "--coap", "0"];
  const given = ["serve", "thingsboard", ...ports, "--version", "2.0.0", ...args];
  const ended = server.fuota(fakeSimulate(0), ...given);
  running.push({
    stop: () => {
      stop.abort();
      server.remove();
    },
    ended,
  });
  const stdout = () => server.terminal.stdout;
  while (!/fw 2\.0\.0, \d+ bytes/.test(stdout())) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { stdout, url: (scheme) => new RegExp(`${scheme}://[^\\s/]+`).exec(stdout())?.[0] ?? "" };
}

const documented = ["--dialect", "documented", "--package", bench.at("app.img")];

function pull(url: string, ...args: readonly string[]): Promise<number> {
  bench.terminal.stdout = "";
  const state = ["--state", bench.at(`device-${folders++}`), "--key", bench.at("key.pub.pem")];
  const given = ["--url", url, "--token", "device-1", "--once", "--bank", "65536", ...state];
  return bench.fuota(fakeSimulate(0), "pull", ...given, ...args);
}

const asDocumented = ["--dialect", "documented"];

describe("an update", () => {
  test.each<{ over: "http" | "mqtt" | "coap"; args: readonly string[] }>([
    { over: "http", args: ["--chunk", "4096"] },
    { over: "http", args: ["--chunk", "4096", "--long-poll"] },
    { over: "mqtt", args: ["--chunk", "4096"] },
    { over: "coap", args: [] },
    { over: "coap", args: ["--observe"] },
    { over: "coap", args: ["--block", "512", "--chunk", "8192"] },
  ])("over $over $args", async ({ over, args }) => {
    const { url, stdout } = await serve(...documented);
    expect(await pull(url(over), ...asDocumented, ...args)).toBe(0);
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
    const told = [...stdout().matchAll(/device-1 {2}(\S+) (.*)\n/g)].map(([, key, value]) => {
      return `${key} ${value}`;
    });
    expect(told.slice(0, 2)).toEqual(["fw_version 1.0.0", "fw_state DOWNLOADING"]);
    expect(told).toContain("fw_progress 100");
    expect(told.slice(-2)).toEqual(["fw_version 2.0.0", "fw_state UPDATED"]);
  });

  test("software", async () => {
    const { url, stdout } = await serve(...documented, "--software");
    expect(await pull(url("coap"), ...asDocumented, "--software")).toBe(0);
    expect(stdout()).toContain("device-1  sw_state UPDATED");
  });

  test("at a URL of the stand-in's own port", async () => {
    const { url } = await serve(...documented, "--at-url");
    expect(await pull(url("mqtt"), ...asDocumented)).toBe(0);
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
  });
});

test("told while they wait: an attribute, or a call", async () => {
  const { url, stdout } = await serve(...documented, "--devices", "3", "--assign-after", "1");
  const stop = new AbortController();
  const interruption = () => ({ signal: stop.signal, end: () => {} });
  const waits = [
    { over: "http", args: ["--long-poll"] },
    { over: "mqtt", args: [] },
    { over: "coap", args: ["--observe"] },
  ] as const;
  const devices = waits.map(({ over, args }, index) => {
    const device = new CommandBench({ interruption });
    const given = ["--url", url(over), "--token", `device-${index + 1}`, ...asDocumented, ...args];
    const own = ["--state", bench.at(`waiting-${over}`), "--key", bench.at("key.pub.pem")];
    return device.fuota(fakeSimulate(0), "pull", ...given, ...own, "--bank", "65536");
  });
  const isUpdated = (index: number) => stdout().includes(`device-${index}  fw_state UPDATED`);
  while (![1, 2, 3].every(isUpdated)) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await Promise.all(devices);
});

test("what is no image: its code is an attribute, its reason telemetry, and a person gets a line", async () => {
  const { url, stdout } = await serve(
    "--dialect",
    "documented",
    "--package",
    bench.at("other.img"),
    "--checksum",
    "CRC32",
  );
  expect(await pull(url("http"), ...asDocumented)).toBe(1);
  expect(bench.terminal.stdout).toContain("refused (imageFormat)");
  expect(stdout()).toContain("fw_error INVALID_PACKAGE\n");
  expect(stdout()).toMatch(/fw_error imageFormat: does not begin/);
});

test.each([
  { args: ["--without", "throttles"], says: "--without: --dialect documented has none of them" },
  { args: ["--checksum", "MURMUR3_32"], says: "knows MD5, SHA256, SHA384, SHA512, CRC32" },
  { args: ["--dialect", "klingon"], says: "Allowed choices are thingsboard, documented" },
])("not served: $args", async ({ args, says }) => {
  bench.terminal.stderr = "";
  const complaint = bench.complaint(
    fakeSimulate(0),
    "serve",
    "thingsboard",
    ...documented,
    ...args,
  );
  expect(await complaint).toContain(says);
});
