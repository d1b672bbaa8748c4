import { afterAll, expect, test } from "vitest";
import { imageOf, signer } from "../pull/pull-bench.ts";
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
