import { afterAll, describe, expect, test } from "vitest";
import { OnceBench } from "../pull/once-bench.ts";
import { imageOf, signer } from "../pull/pull-bench.ts";
import { ServeBench } from "../pull/serve-bench.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const stop = new AbortController();
const server = new CommandBench({ interruption: () => ({ signal: stop.signal, end: () => {} }) });
const device = new CommandBench();
afterAll(() => {
  server.remove();
  device.remove();
});
server.write("app.img", imageOf(20_000));
device.write("key.pub.pem", signer.publicPem());
const served = ["serve", "thingsboard", "--version", "2.0.0", "--port", "0", "--at-url"];

test("a package at a URL of the stand-in's own port, and a device that fetches it", async () => {
  const ended = server.fuota(fakeSimulate(0), ...served, "--package", server.at("app.img"));
  const at = () => /at (http:\S+)\/files\/package\.bin/.exec(server.terminal.stdout)?.[1];
  while (at() === undefined) await new Promise((resolve) => setImmediate(resolve));
  const own = ["--state", device.at("device"), "--key", device.at("key.pub.pem")];
  const to = ["--url", at() ?? "", "--token", "device-1", "--bank", "65536"];
  expect(await device.fuota(fakeSimulate(0), "pull", ...to, ...own, "--once")).toBe(0);
  expect(device.terminal.stdout).toContain("runs 2.0.0, as it should");
  stop.abort();
  await ended;
});

test("a root that devices cannot reach", async () => {
  const args = [...served, "files.example", "--package", "app.img"];
  expect(await server.complaint(fakeSimulate(0), ...args)).toMatch(/expected http: or https:/);
});

describe("faults come over its parts", () => {
  const once = new OnceBench();
  afterAll(() => once.remove());

  test.each([
    {
      fault: "redirect:1",
      status: 1,
      says: /refused \(offer\): chunk 1: its URL is redirected in a/,
    },
    {
      fault: "short:1",
      status: 1,
      says: /refused \(chunks\): chunk 1: its URL gives 4095 bytes, and/,
    },
    {
      fault: "empty:1",
      status: 1,
      says: /refused \(chunks\): chunk 1: its URL gives 0 bytes, and/,
    },
    { fault: "flipped:1", status: 1, says: /refused \(checksum\): SHA256 is / },
    { fault: "error", status: 3, says: /^http:\S+: its URL answers 500$/ },
    { fault: "close:1", status: 3, says: /^http:\S+: its URL: the connection was closed$/ },
  ])("$fault: status $status", async ({ fault, status, says }) => {
    const app = ["--version", "2.0.0", "--package", server.at("app.img"), "--at-url"];
    const files = await ServeBench.open("thingsboard", [
      ...[...app, "--fault", fault, "--chunk", "4096"],
    ]);
    try {
      const args = ["--token", "device-1", "--chunk", "4096"];
      expect(await once.pull(files.url("http"), args)).toEqual({
        status,
        lines: expect.arrayContaining([expect.stringMatching(says)]),
        isUntouched: true,
      });
    } finally {
      await files.close();
    }
  });
});
