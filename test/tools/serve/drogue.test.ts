import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { HttpClient } from "#hal/net/http-client.ts";
import { RefusedError } from "#tools/errors.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const stop = new AbortController();
const bench = new CommandBench({ interruption: () => ({ signal: stop.signal, end: () => {} }) });
afterAll(() => bench.remove());
bench.write("app.bin", new Uint8Array(1000));
const drogue = ["serve", "drogue", "--package", bench.at("app.bin"), "--version", "2.0.0"];

function call(
  client: HttpClient,
  method: "GET" | "POST",
  path: string,
  who: string,
  body?: Uint8Array,
): Promise<{ status: number; body: Buffer }> {
  const authorization = `Basic ${Buffer.from(who).toString("base64")}`;
  return new Promise((resolve, reject) => {
    client.call(
      { method, path, body, headers: { authorization }, bodyBytesMax: 5000 },
      {
        onResponse: (status, bytes) => resolve({ status, body: Buffer.from(bytes) }),
        onFailed: (detail) => reject(new Error(detail)),
      },
    );
  });
}

test("Drogue on sockets, rolled out to a group, until somebody stops it", async () => {
  const index = bench.at("index");
  const groups = ["--device", "b:pw:beta", "--device", "device-1::stable", "--group", "beta"];
  const options = [
    "--port",
    "0",
    "--mqtt",
    "0",
    "--coap",
    "0",
    "--devices",
    "2",
    "--index",
    index,
    ...groups,
  ];
  const ended = bench.fuota(fakeSimulate(0), ...drogue, ...options);
  const address = () => /http:\S+/.exec(bench.terminal.stdout)?.[0];
  while (address() === undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(bench.terminal.stdout).toMatch(/ and mqtt:\S+ and coap:\S+ for 3 devices of app1\n/);
  const client = new HttpClient(address() ?? "");
  // version "1", nothing else
  const status = Uint8Array.of(0xa1, 0, 0x41, 0x31);
  const answer = await call(client, "POST", "/v1/dfu?ct=5", "b@app1:pw", status);
  expect(answer.status).toBe(200);
  expect(answer.body.subarray(0, 2).toString("hex")).toBe("a102");
  expect(bench.terminal.stdout).toContain("b  runs 1\n");
  expect((await call(client, "POST", "/v1/dfu", "device-1@app1:device-1", status)).status).toBe(
    202,
  );
  const devices = "/api/registry/v1alpha1/apps/app1/devices/b";
  expect((await call(client, "GET", devices, "admin:x")).status).toBe(403);
  const read = await call(client, "GET", devices, "admin:admin");
  expect(JSON.parse(read.body.toString())).toMatchObject({
    spec: { firmware: { file: { name: "app" } } },
    status: { firmware: { current: "1", target: "2.0.0" } },
  });
  expect(JSON.parse(readFileSync(`${index}/app.json`, "utf8"))).toEqual({
    version: "2.0.0",
    checksum: "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53",
    size: 1000,
  });
  expect(readFileSync(`${index}/app.bin`)).toHaveLength(1000);
  const taken = new URL(address() ?? "").port;
  const twice = bench.fuota(fakeSimulate(0), ...drogue, "--port", taken);
  await expect(twice).rejects.toThrow(RefusedError);
  client.close();
  stop.abort();
  expect(await ended).toBe(130);
});

test("a broker that is not there", async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = Object(probe.address());
  await new Promise((resolve) => probe.close(resolve));
  const broker = `mqtt://127.0.0.1:${port}`;
  const refused = bench.fuota(fakeSimulate(0), ...drogue, "--port", "0", "--broker", broker);
  await expect(refused).rejects.toThrow(RefusedError);
});

describe("what it does not take", () => {
  test.each([
    { args: ["--device", ":x"], says: /expected name, name:password/ },
    { args: ["--device", "a@b"], says: /expected name, name:password/ },
    { args: ["--device", "a:b:c:d:e"], says: /expected name, name:password/ },
    { args: ["--device", "a", "--device", "a:x"], says: /given twice/ },
    { args: ["--without", "toString"], says: /expected one of silentOnErrors/ },
    { args: ["--fault", "fire"], says: /expected kind, kind:chunk/ },
    { args: ["--fault", "short", "--broker", "mqtt://x"], says: /it is a drogue-ajour that gives/ },
    { args: ["--package", "no.bin"], says: /no.bin: no such file/ },
  ])("$args", async ({ args, says }) => {
    bench.terminal.stderr = "";
    expect(await bench.complaint(fakeSimulate(0), ...drogue, ...args)).toMatch(says);
  });

  test.each([
    [[]],
    [["--package", "app.bin"]],
    [["--version", "1"]],
    [["--version", "1", "--index", "folder"]],
  ])("nothing to give: %j", async (args) => {
    const said = bench.complaint(fakeSimulate(0), "serve", "drogue", ...args);
    expect(await said).toBe("--package and --version go together; without them it takes --index");
  });
});
