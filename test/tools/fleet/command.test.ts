import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RefusedError } from "#tools/errors.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const bench = new CommandBench({ firmwareSizesOf });
beforeAll(() => bench.write("key", "eyJ0.abc-_.x\n"));
afterAll(() => bench.remove());
const fleet = (...args: string[]) => [
  "fleet",
  bench.at("fake.yaml"),
  "--api-key",
  bench.at("key"),
  ...args,
];
const complaint = (...args: string[]) => bench.complaint(fakeSimulate(0), ...fleet(...args));

/** Where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("what a real server cannot be made to do is refused, with its place", () => {
  test.each([
    ["campaign.gapsS=[3]", /campaign\.gapsS says what our own server does/],
    ["campaign.rounds=2", /campaign\.rounds says/],
    ["server.statusEvery=5", /server says what our own server does; .*leave it out/],
    ['air.radio={"pathLoss":"oulu","radiusM":500}', /air\.radio places devices .*multicastLoss/],
  ])("%s", async (setting, words) => {
    expect(await complaint("--set", setting)).toMatch(words);
  });
});

test.each([
  ["--broker", "localhost", /expected mqtt:\/\/host:port/],
  ["--broker", "http://localhost", /expected mqtt/],
  ["--broker", "mqtt://a b", /expected mqtt/],
  ["--prefix", "eu868/#", /without wildcards/],
  ["--udp", "localhost", /expected host:port, like localhost:1700/],
  ["--udp", "localhost:70000", /expected host:port/],
  ["--station", "http://localhost", /expected ws:\/\/host:port or wss:\/\/host:port/],
  ["--station", "wss://a b", /expected ws:/],
  ["--marshaler", "xml", /expected protobuf or json/],
  ["--fuota-server", "localhost", /expected host:port, like localhost:8070/],
  ["--fuota-server", "localhost:0", /expected host:port/],
  ["--fuota-events", "localhost:8090", /expected http:\/\/host:port or https/],
  ["--fuota-events", "http://a,http://b", /expected http:/],
  ["--fuota-marshaler", "xml", /expected protobuf or json/],
  ["--gateways", "0", /from 1 to 1000/],
])("%s %s is told what is expected", async (option, value, words) => {
  expect(await complaint(option, value)).toMatch(words);
});

describe("a station", () => {
  const station = (...args: string[]) => complaint("--station", "ws://localhost:3001", ...args);

  test("does not speak Semtech UDP too", async () => {
    expect(await station("--udp", "localhost:1700")).toMatch(/gateways speak one protocol/);
  });

  test.each(["", "Bearer one\nBearer two", "Bearer \u00e9"])("%j is no token", async (token) => {
    bench.write("token", token);
    expect(await station("--station-token", bench.at("token"))).toMatch(/holds no token, like/);
  });

  test("whose authority is in no file is told so", async () => {
    expect(await station("--station-ca", bench.at("none.pem"))).toMatch(/no such file/);
  });

  test("has a certificate with its key, and over TLS alone", async () => {
    const [cert, key] = ["--station-cert", "--station-key"];
    expect(await station(cert, "a.pem")).toMatch(/--station-cert and --station-key go together/);
    expect(await station(key, "a.key")).toMatch(/go together/);
    expect(await station(cert, "a.pem", key, "a.key")).toMatch(/no TLS; use wss/);
  });

  test("reads a file of its own for each gateway that is named in it", async () => {
    const said = complaint("--station", "wss://localhost:1", "--station-token", "none-{id}");
    expect(await said).toMatch(/^none-02f00afe00000000: no such file/);
  });
});

describe("a FUOTA Server", () => {
  test("speaks version 1 alone, which the scenario is told", async () => {
    const said = complaint("--fuota-server", "localhost:1", "--set", "packages=v2");
    expect(await said).toMatch(/fake\.yaml.*devices has v2 for device: .*use packages: v1/);
  });

  test("has no class B that a device could follow", async () => {
    const said = complaint("--fuota-server", "localhost:1", "--set", "campaign.sessionClass=B");
    expect(await said).toMatch(/fake\.yaml.*campaign\.sessionClass is B: .*use C/);
  });

  test("has events where it is asked for, and nowhere else", async () => {
    const said = complaint("--fuota-events", "http://localhost:8090");
    expect(await said).toMatch(/--fuota-events: .*takes --fuota-server/);
  });

  test("that is not there refuses the run in one line, before anything is made", async () => {
    const server = `127.0.0.1:${await closedPort()}`;
    const args = fleet("--fuota-server", server, "--api", `127.0.0.1:${await closedPort()}`);
    const refusal = await bench.fuota(fakeSimulate(0), ...args).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RefusedError);
    const { message } = refusal as RefusedError;
    expect(message).toContain(`FUOTA Server at ${server}: cannot be reached`);
    expect(message).not.toContain("\n");
  });
});

test.each(["", "two words", "key\u0007"])("%j is no API key", async (key) => {
  bench.write("odd-key", key);
  const said = await bench.complaint(
    fakeSimulate(0),
    "fleet",
    bench.at("fake.yaml"),
    "--api-key",
    bench.at("odd-key"),
  );
  expect(said).toMatch(/odd-key: holds no API key; make one with: chirpstack/);
});

test("an API that nobody serves is refused in one line that names it", async () => {
  const api = `127.0.0.1:${await closedPort()}`;
  const run = bench.fuota(fakeSimulate(0), ...fleet("--api", api));
  const refusal = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(RefusedError);
  const { message } = refusal as RefusedError;
  expect(message).toContain(`ChirpStack at ${api}: cannot be reached`);
  expect(message).not.toContain("\n");
});

test("a port for the metrics that is taken is refused before anything is asked of a server", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const args = ["--metrics", String(port), "--record", bench.at("r.rec.ndjson")];
  await expect(bench.fuota(fakeSimulate(0), ...fleet(...args))).rejects.toThrow(
    `--metrics ${port}: the port is in use`,
  );
  await new Promise((resolve) => taken.close(resolve));
  expect(existsSync(bench.at("r.rec.ndjson"))).toBe(false);
});

test("a recording goes into a file", async () => {
  expect(await complaint("--record", "-")).toMatch(/--record wants a file/);
  expect(await complaint("--record", bench.folder)).toMatch(/cannot record to .*is a directory/);
});

test("without an API it asks for no key, and does not say what a server that it cannot ask thinks", async () => {
  const parts = {
    firmwareSizesOf,
    interruption: () => ({ signal: AbortSignal.abort(), end: () => undefined }),
  };
  const other = new CommandBench(parts);
  const args = ["--api", "none", "--udp", "127.0.0.1:9", "--devices", "2"];
  expect(await other.fuota(fakeSimulate(0), "fleet", other.at("one-cell.yaml"), ...args)).toBe(130);
  other.remove();
  expect(other.terminal.stdout).toContain("not reached");
  expect(other.terminal.stdout).not.toMatch(/server's view|the server disagrees|both sides/);
});
