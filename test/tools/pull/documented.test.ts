import { afterAll, afterEach, describe, expect, test } from "vitest";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { imageOf, signer } from "./pull-bench.ts";
import { ServeBench } from "./serve-bench.ts";

/* Device and stand-in from the command line, over sockets, in the dialect of the document. */

const bench = new CommandBench();
bench.write("key.pub.pem", signer.publicPem());
bench.write("app.img", imageOf(20_000));
bench.write("other.img", new Uint8Array(5000));
bench.write("large.img", imageOf(65_536));
const running: ServeBench[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});
afterAll(() => bench.remove());

let folders = 0;

/** Until the test ends. */
async function serve(...args: readonly string[]): Promise<ServeBench> {
  const server = await ServeBench.open("thingsboard", ["--version", "2.0.0", ...args]);
  running.push(server);
  return server;
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
    const server = await serve(...documented);
    expect(await pull(server.url(over), ...asDocumented, ...args)).toBe(0);
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
    const told = [...server.stdout.matchAll(/device-1 {2}(\S+) (.*)\n/g)].map(([, key, value]) => {
      return `${key} ${value}`;
    });
    expect(told.slice(0, 2)).toEqual(["fw_version 1.0.0", "fw_state DOWNLOADING"]);
    expect(told).toContain("fw_progress 100");
    expect(told.slice(-2)).toEqual(["fw_version 2.0.0", "fw_state UPDATED"]);
  });

  test("software", async () => {
    const server = await serve(...documented, "--software");
    expect(await pull(server.url("coap"), ...asDocumented, "--software")).toBe(0);
    expect(server.stdout).toContain("device-1  sw_state UPDATED");
  });

  test("at a URL of the stand-in's own port", async () => {
    const server = await serve(...documented, "--at-url");
    expect(await pull(server.url("mqtt"), ...asDocumented)).toBe(0);
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
  });
});

test("told while they wait: an attribute, or a call", async () => {
  const server = await serve(...documented, "--devices", "3", "--assign-after", "1");
  const stop = new AbortController();
  const interruption = () => ({ signal: stop.signal, end: () => {} });
  const waits = [
    { over: "http", args: ["--long-poll"] },
    { over: "mqtt", args: [] },
    { over: "coap", args: ["--observe"] },
  ] as const;
  const devices = waits.map(({ over, args }, index) => {
    const device = new CommandBench({ interruption });
    const given = [
      "--url",
      server.url(over),
      "--token",
      `device-${index + 1}`,
      ...asDocumented,
      ...args,
    ];
    const own = ["--state", bench.at(`waiting-${over}`), "--key", bench.at("key.pub.pem")];
    return device.fuota(fakeSimulate(0), "pull", ...given, ...own, "--bank", "65536");
  });
  const isUpdated = (index: number) => server.stdout.includes(`device-${index}  fw_state UPDATED`);
  while (![1, 2, 3].every(isUpdated)) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await Promise.all(devices);
});

describe("a code is an attribute, the reason telemetry, and a person gets a line", () => {
  test.each([
    {
      what: "no image",
      args: ["--package", bench.at("other.img"), "--checksum", "CRC32"],
      code: "INVALID_PACKAGE",
      says: /imageFormat\): does not begin with the magic/,
    },
    {
      what: "larger than the bank",
      args: ["--package", bench.at("large.img")],
      code: "INSUFFICIENT_STORAGE",
      says: /offer\): \d+ bytes, the bank has 65536/,
    },
    {
      what: "a bit wrong",
      args: ["--package", bench.at("app.img"), "--fault", "flipped:1"],
      code: "CHECKSUM_MISMATCH",
      says: /checksum\): SHA256 is /,
    },
    {
      what: "endless empty chunks",
      args: ["--package", bench.at("app.img"), "--fault", "empty"],
      code: "NETWORK_ERROR",
      says: /chunks\): chunk 0: 0 bytes instead of 1024/,
    },
  ])("$what: $code", async ({ args, code, says }) => {
    const server = await serve("--dialect", "documented", "--devices", "3", ...args);
    for (const [index, over] of (["http", "mqtt", "coap"] as const).entries()) {
      const name = `device-${index + 1}`;
      const device = ["--token", name, "--chunk", "1024", "--back-off", "1"];
      expect(await pull(server.url(over), ...asDocumented, ...device)).toBe(1);
      const [, reason = ""] = /refused \((.*)\n/.exec(bench.terminal.stdout) ?? [];
      expect(reason).toMatch(says);
      expect(server.stdout).toContain(`${name}  fw_error ${code}\n`);
      expect(server.stdout).toContain(`${name}  fw_error ${reason.replace("): ", ": ")}\n`);
      expect(server.stdout).toContain(`${name}  fw_state FAILED\n`);
    }
  });
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
