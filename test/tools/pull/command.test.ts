import { readFileSync, symlinkSync } from "node:fs";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { FileLock } from "#hal/node/file-lock.ts";
import type { ChunkFault } from "#sim/server/thingsboard/faults.ts";
import { RefusedError } from "#tools/errors.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { imageOf, PullServerBench, signer } from "./pull-bench.ts";

const bench = new CommandBench();
bench.write("key.pub.pem", signer.publicPem());
afterAll(() => bench.remove());
const servers: PullServerBench[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  bench.terminal.stdout = "";
});

const image = imageOf(20_000);
let folders = 0;

async function serverOf(
  data = image,
  faults: readonly ChunkFault[] = [],
): Promise<PullServerBench> {
  const server = await PullServerBench.open(data, faults);
  servers.push(server);
  return server;
}

function pull(url: string, ...args: readonly string[]): Promise<number> {
  const given = ["--url", url, "--token", "T", "--once", ...args];
  return bench.fuota(fakeSimulate(0), "pull", ...given);
}

const newDevice = () => [
  "--state",
  bench.at(`device-${folders++}`),
  "--key",
  bench.at("key.pub.pem"),
  "--chunk",
  "4096",
  "--bank",
  "65536",
];

describe("a device in a folder", () => {
  test("takes an update, and has it the next time", async () => {
    const server = await serverOf();
    const device = newDevice();
    expect(await pull(server.url, ...device)).toBe(0);
    expect(server.chunks).toEqual([0, 1, 2, 3, 4]);
    expect(server.states.slice(2)).toEqual([
      "DOWNLOADING",
      "DOWNLOADED",
      "VERIFIED",
      "UPDATING",
      "UPDATED",
    ]);
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
    const flash = readFileSync(`${device[1]}/flash.bin`);
    expect(flash.subarray(65_536, 65_536 + image.length).equals(image)).toBe(true);
    expect(await pull(server.url, "--state", device[1] ?? "", "--chunk", "4096")).toBe(0);
    expect(server.chunks).toHaveLength(5);
  });
});

test("one process at a time has a device; one that was killed has it no more", async () => {
  const server = await serverOf();
  const device = newDevice();
  expect(await pull(server.url, ...device)).toBe(0);
  const flash = `${device[1]}/flash.bin`;
  const mine = FileLock.take(`${flash}.lock`);
  await expect(pull(server.url, ...device)).rejects.toThrow(
    new RefusedError(`${flash}: process ${process.pid} has it`),
  );
  mine.release();
  symlinkSync("4194999-1", `${flash}.lock`);
  expect(await pull(server.url, ...device)).toBe(0);
});

test("by MQTT: an update, and a token that the server does not know", async () => {
  const server = await serverOf();
  const device = newDevice();
  expect(await pull(await server.openMqtt(), ...device)).toBe(0);
  expect(server.states.at(-1)).toBe("UPDATED");
  expect(server.chunks).toEqual([]);
  const url = await server.openMqtt();
  const refused = bench.fuota(
    fakeSimulate(0),
    "pull",
    "--url",
    url,
    "--token",
    "X",
    "--once",
    ...device,
  );
  await expect(refused).rejects.toThrow(`${url}: the server does not know these credentials`);
});

test("nothing is assigned to it: it says so", async () => {
  const server = await serverOf();
  server.server.addDevice("d2", "X");
  const given = ["pull", "--url", server.url, "--once", ...newDevice(), "--token", "X"];
  expect(await bench.fuota(fakeSimulate(0), ...given)).toBe(0);
  expect(bench.terminal.stdout).toMatch(/ s {2}the server offers nothing\n$/);
});

describe("by CoAP", () => {
  const coapDevice = () => {
    const device = newDevice();
    return [...device.slice(0, 4), ...device.slice(6)];
  };

  test.each<{ what: string; args: readonly string[]; chunks: number }>([
    { what: "in datagrams of 1024 bytes", args: [], chunks: 20 },
    { what: "in smaller ones", args: ["--chunk", "512"], chunks: 40 },
    { what: "in blocks", args: ["--block", "256", "--chunk", "8192"], chunks: 3 },
  ])("an update $what", async ({ args, chunks }) => {
    const server = await serverOf();
    expect(await pull(await server.openCoap(), ...coapDevice(), ...args)).toBe(0);
    expect(server.chunks).toEqual(Array.from({ length: chunks }, (_, index) => index));
    expect(server.states.at(-1)).toBe("UPDATED");
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
  });

  test("a token that the server does not know: status 3", async () => {
    const server = await serverOf();
    const url = await server.openCoap();
    const given = ["pull", "--url", url, "--token", "X", ...coapDevice()];
    await expect(bench.fuota(fakeSimulate(0), ...given)).rejects.toThrow(
      `${url}: the server does not know this access token`,
    );
  });
});

describe("one clear line", () => {
  test("a token that the server does not know: status 3", async () => {
    const server = await serverOf();
    const refused = bench.fuota(
      fakeSimulate(0),
      "pull",
      "--url",
      server.url,
      "--token",
      "X",
      ...newDevice(),
    );
    await expect(refused).rejects.toThrow(
      `${server.url}: the server does not know this access token`,
    );
  });

  test.each<{ what: string; data: Uint8Array; says: RegExp }>([
    {
      what: "no image",
      data: new Uint8Array(9000),
      says: /refused \(imageFormat\): does not begin with the magic/,
    },
    {
      what: "larger than the bank",
      data: imageOf(65_536),
      says: /refused \(offer\): \d+ bytes, the bank has 65536/,
    },
  ])("$what: status 1", async ({ data, says }) => {
    const server = await serverOf(data);
    expect(await pull(server.url, ...newDevice())).toBe(1);
    expect(bench.terminal.stdout).toMatch(says);
    expect(server.states.at(-1)).toBe("FAILED");
  });

  test.each([
    { args: ["--url", "ftp://x", "--state", "s"], says: /expected http:, https:, mqtt:/ },
    {
      args: ["--url", "http://x", "--state", "s", "--chunk", "100"],
      says: /expected a multiple of 8/,
    },
    {
      args: ["--url", "http://x", "--state", "s", "--bank", "5000"],
      says: /expected a multiple of 4096/,
    },
    { args: ["--url", "http://x"], says: /required option '--state/ },
    { args: ["--url", "http://x", "--state", "s"], says: /--token is missing/ },
    {
      args: ["--url", "http://x", "--state", "nowhere", "--token", "T"],
      says: /holds no device yet: --key says/,
    },
    {
      args: ["--url", "mqtt://x", "--state", "s"],
      says: /one of --token, --username, --client-id and --cert/,
    },
    {
      args: ["--url", "mqtts://x", "--state", "s", "--cert", "c.pem"],
      says: /--cert and --cert-key go together/,
    },
    {
      args: ["--url", "mqtt://x", "--state", "s", "--chunk", "65544"],
      says: /at most 65536 bytes by MQTT/,
    },
    {
      args: ["--url", "coap://x", "--state", "s", "--chunk", "2048"],
      says: /at most 1024 bytes by CoAP without --block/,
    },
    {
      args: ["--url", "coap://x", "--state", "s", "--block", "100"],
      says: /expected one of 16, 32, 64, 128, 256, 512, 1024/,
    },
    { args: ["--url", "coaps://x", "--state", "s"], says: /expected http:.* or coap:/ },
    { args: ["--url", "coap:///x", "--state", "s"], says: /expected http:.* or coap:/ },
  ])("$args", async ({ args, says }) => {
    bench.terminal.stderr = "";
    expect(await bench.complaint(fakeSimulate(0), "pull", ...args)).toMatch(says);
  });

  test.each([
    { facts: "{", says: /is not JSON/ },
    { facts: "null", says: /is of another version/ },
    { facts: '{"schemaVersion":1,"bankBytes":5,"keys":[]}', says: /does not say what a device is/ },
    { facts: '{"schemaVersion":1,"bankBytes":4096,"keys":[{}]}', says: /has a key that is none/ },
    {
      facts: '{"schemaVersion":1,"bankBytes":8192,"keys":[]}',
      says: /flash.bin: .*holds \d+ bytes/,
    },
  ])("a folder with $facts", async ({ facts, says }) => {
    const server = await serverOf();
    const device = newDevice();
    expect(await pull(server.url, ...device)).toBe(0);
    bench.write(`device-${folders - 1}/device.json`, facts);
    const given = ["pull", "--url", server.url, "--token", "T", "--state", device[1] ?? ""];
    expect(await bench.complaint(fakeSimulate(0), ...given)).toMatch(says);
  });
});
