import { afterAll, afterEach, describe, expect, test } from "vitest";
import { writeDeviceList } from "#tools/pull/device-list.ts";
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
let fleets = 0;

/** The token of the device that the server has; tokens of others are unknown to it. */
function fleetOf(tokens: readonly string[]): readonly string[] {
  const path = bench.at(`fleet-${fleets++}`);
  writeDeviceList(
    `${path}.json`,
    tokens.map((token, index) => ({ name: `lab ${index + 1}`, token })),
  );
  const device = ["--key", bench.at("key.pub.pem"), "--bank", "65536", "--chunk", "1024"];
  return ["--devices", `${path}.json`, "--state", path, "--once", ...device];
}

async function serverOf(tokens: readonly string[], data: Uint8Array): Promise<PullServerBench> {
  const server = await PullServerBench.open(data);
  servers.push(server);
  for (const token of tokens) server.server.addDevice(token, token);
  server.tell();
  return server;
}

const pull = (url: string, args: readonly string[]) =>
  bench.fuota(fakeSimulate(0), "pull", "--url", url, ...args);
const lastLine = () => bench.terminal.stdout.trimEnd().split("\n").at(-1);

test.each(["http", "mqtt", "coap"] as const)(
  "by %s: each has a folder, and takes the update once",
  async (kind) => {
    const tokens = ["T1", "T2", "T3"];
    const server = await serverOf(tokens, imageOf(20_000));
    const urls = {
      http: () => server.url,
      mqtt: () => server.openMqtt(),
      coap: () => server.openCoap(),
    };
    const url = await urls[kind]();
    const fleet = fleetOf(tokens);
    expect(await pull(url, fleet)).toBe(0);
    expect(lastLine()).toMatch(/^3 devices in [\d.]+ s: 3 updated$/);
    for (const token of tokens) {
      expect(server.server.deviceOf(token)?.telemetry.get("fw_state")?.value).toBe("UPDATED");
    }
    expect(await pull(url, fleet)).toBe(0);
    expect(lastLine()).toMatch(/^3 devices in [\d.]+ s: 3 had nothing to do$/);
  },
);

test("a device that the server does not know does not keep the others from it: status 3", async () => {
  const server = await serverOf(["T1"], imageOf(20_000));
  expect(await pull(server.url, fleetOf(["T1", "wrong"]))).toBe(3);
  expect(bench.terminal.stdout).toContain(
    `lab 2  ${server.url}: the server does not know this access token`,
  );
  expect(lastLine()).toMatch(/1 updated, 1 without a server$/);
  expect(bench.terminal.stdout).not.toContain("wrong");
});

test("refused by all: status 1", async () => {
  const server = await serverOf(["T1", "T2"], new Uint8Array(9000));
  expect(await pull(server.url, fleetOf(["T1", "T2"]))).toBe(1);
  expect(lastLine()).toMatch(/2 refused what was offered$/);
});

describe("a server that tells one device after the other", () => {
  /** The first has been told, the others have not. */
  const throttling = async (): Promise<PullServerBench> => {
    const server = await serverOf(["T1"], imageOf(5000));
    for (const token of ["T2", "T3"]) server.server.addDevice(token, token);
    return server;
  };

  test("those who are told last are waited for", async () => {
    const server = await throttling();
    server.onChunk = (chunk) => {
      if (chunk === 1) server.tell();
    };
    expect(await pull(server.url, [...fleetOf(["T1", "T2", "T3"]), "--long-poll"])).toBe(0);
    expect(lastLine()).toMatch(/: 3 updated$/);
  });

  test("those who are never told are named, two polls later: status 1", async () => {
    const server = await throttling();
    expect(await pull(server.url, [...fleetOf(["T1", "T2", "T3"]), "--poll", "1"])).toBe(1);
    expect(bench.terminal.stdout).toMatch(/ s {2}lab 2 {2}was offered nothing\n/);
    expect(bench.terminal.stdout).toMatch(/ s {2}lab 3 {2}was offered nothing\n/);
    expect(lastLine()).toMatch(/: 1 updated, 2 were offered nothing$/);
  });

  test("nothing for anybody: nobody waits, status 0", async () => {
    const server = await serverOf([], imageOf(5000));
    for (const token of ["T2", "T3"]) server.server.addDevice(token, token);
    expect(await pull(server.url, fleetOf(["T2", "T3"]))).toBe(0);
    expect(lastLine()).toMatch(/: 2 were offered nothing$/);
  });
});
