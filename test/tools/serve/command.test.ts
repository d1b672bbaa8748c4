import { afterAll, describe, expect, test } from "vitest";
import { CoapClient } from "#hal/net/coap-client.ts";
import { HttpClient } from "#hal/net/http-client.ts";
import { RefusedError } from "#tools/errors.ts";
import { GET, Told } from "../../hal/net/coap-bench.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const stop = new AbortController();
const bench = new CommandBench({ interruption: () => ({ signal: stop.signal, end: () => {} }) });
afterAll(() => bench.remove());
bench.write("app.bin", new Uint8Array(1000));
const thingsboard = [
  "serve",
  "thingsboard",
  "--package",
  bench.at("app.bin"),
  "--version",
  "2.0.0",
];

function get(client: HttpClient, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    client.call(
      { method: "GET", path, body: undefined, bodyBytesMax: 5000 },
      {
        onResponse: (status, bytes) => resolve({ status, body: Buffer.from(bytes).toString() }),
        onFailed: (detail) => reject(new Error(detail)),
      },
    );
  });
}

test("ThingsBoard on a socket, until somebody stops it", async () => {
  const change = ["--devices", "2", "--checksum", "CRC32", "--fault", "empty:1"];
  const options = ["--port", "0", "--coap", "0", ...change];
  const ended = bench.fuota(fakeSimulate(0), ...thingsboard, ...options);
  const address = () => /http:\S+/.exec(bench.terminal.stdout)?.[0];
  while (address() === undefined) await new Promise((resolve) => setImmediate(resolve));
  const client = new HttpClient(address() ?? "");
  while (!bench.terminal.stdout.includes("device-1  fw_state INITIATED")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const attributes = await get(client, "/api/v1/device-1/attributes");
  expect(JSON.parse(attributes.body).shared).toMatchObject({
    fw_size: 1000,
    fw_checksum_algorithm: "CRC32",
  });
  const chunk = "/api/v1/device-2/firmware?title=fw&version=2.0.0&size=600&chunk=";
  expect((await get(client, `${chunk}0`)).body).toHaveLength(600);
  expect(await get(client, `${chunk}1`)).toEqual({ status: 200, body: "" });
  const coap = new CoapClient(/coap:\S+/.exec(bench.terminal.stdout)?.[0] ?? "");
  const told = new Told();
  const query = ["size=600", "chunk=0"];
  coap.call({ ...GET, path: ["fw", "device-2"], query }, told);
  expect(await told.next()).toMatchObject({ code: 205, payload: { length: 600 } });
  coap.close();
  const taken = new URL(address() ?? "").port;
  const twice = bench.fuota(fakeSimulate(0), ...thingsboard, "--port", taken);
  await expect(twice).rejects.toThrow(RefusedError);
  client.close();
  stop.abort();
  expect(await ended).toBe(130);
});

describe("what it does not take", () => {
  test.each([
    { args: ["--port", "70000"], says: /expected an integer from 0 to 65535/ },
    { args: ["--checksum", "SHA1"], says: /expected one of MD5, SHA256/ },
    { args: ["--without", "toString"], says: /expected one of emptyPastEnd/ },
    { args: ["--fault", "fire"], says: /expected kind, kind:chunk/ },
    { args: ["--rate-limit", "10"], says: /expected requests:seconds/ },
    { args: ["--package", "no.bin"], says: /no.bin: no such file/ },
  ])("$args", async ({ args, says }) => {
    bench.terminal.stderr = "";
    expect(await bench.complaint(fakeSimulate(0), ...thingsboard, ...args)).toMatch(says);
  });
});
