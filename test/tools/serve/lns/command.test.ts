import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RefusedError } from "#tools/errors.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { publishedText } from "#tools/schema-text.ts";
import { lnsSchema } from "#tools/serve/lns/schema.ts";
import { CommandBench } from "../../run/command-bench.ts";
import { fakeSimulate } from "../../run/fake-fleet.ts";

const bench = new CommandBench({
  firmwareSizesOf,
  interruption: () => ({ signal: AbortSignal.abort(), end: () => undefined }),
});
beforeAll(async () => {
  const list = ["provision", "csv", bench.at("fake.yaml"), "--devices", "2"];
  await bench.fuota(fakeSimulate(0), ...list, "--output", bench.at("list.csv"));
  bench.write("app.bin", new Uint8Array(100));
});
afterAll(() => bench.remove());

const lns = (...args: string[]) => [
  "serve",
  "lns",
  bench.at("fake.yaml"),
  "--devices",
  bench.at("list.csv"),
  ...args,
];
const complaint = (...args: string[]) => bench.complaint(fakeSimulate(0), ...lns(...args));
const refusal = async (...args: string[]) => {
  const run = bench.fuota(fakeSimulate(0), ...lns(...args));
  return await run.then(
    () => undefined,
    (error: unknown) => error,
  );
};

test.each<[readonly string[], RegExp]>([
  [["--udp", "70000"], /from 0 to 65535/],
  [["--power", "99"], /from 0 to 30/],
  [["--session-cnt", "65536"], /from 0 to 65535/],
  [["--set", "campaign.rounds=2"], /campaign\.rounds is of simulated fleets/],
  [["--as-is"], /--as-is says how to send --firmware; give both/],
  [["--as-is", "--firmware", "none.bin"], /none\.bin: no such file/],
  [["--devices", "none.csv"], /none\.csv: no such file/],
])("%j is told what is expected", async (args, words) => {
  expect(await complaint(...args)).toMatch(words);
});

test("without a list of devices there is nobody to serve", async () => {
  const said = await bench.complaint(fakeSimulate(0), "serve", "lns", bench.at("fake.yaml"));
  expect(said).toMatch(/required option '--devices <file>' not specified/);
});

describe("a port that is not to be had is refused in one line", () => {
  test("of Semtech UDP", async () => {
    const other = createSocket("udp4").bind(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address();
    const error = await refusal("--udp", String(port));
    other.close();
    expect(error).toBeInstanceOf(RefusedError);
    expect(String(error)).toContain(`UDP port ${port} of 127.0.0.1: is in use`);
  });

  test("of Basics Station, and the other one is given back", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const error = await refusal("--udp", "0", "--station", String(port));
    other.close();
    expect(error).toBeInstanceOf(RefusedError);
    expect(String(error)).toContain(`TCP port ${port} of 127.0.0.1: is in use`);
  });

  test("of an address that is none of this machine's", async () => {
    expect(String(await refusal("--udp", "0", "--host", "192.0.2.1"))).toMatch(
      /UDP port 0 of 192\.0\.2\.1: is no address of this machine/,
    );
  });
});

test("Ctrl-C ends it with what is known: so far nobody has joined", async () => {
  bench.terminal.stdout = "";
  expect(await bench.fuota(fakeSimulate(0), ...lns("--udp", "0", "--station", "0"))).toBe(130);
  expect(bench.terminal.stdout).toContain("02f00a0000000001  never joined");
  expect(bench.terminal.stdout).toContain("0 of 2 devices say that they are complete, 2 failed");
  expect(bench.terminal.stderr).toMatch(/Semtech UDP on 127\.0\.0\.1:\d+/);
  expect(bench.terminal.stderr).toMatch(/Basics Stations on ws:\/\/127\.0\.0\.1:\d+/);
});

describe("the grades as JSON", () => {
  test("are what the schema says, and have standard output to themselves", async () => {
    bench.terminal.stdout = "";
    expect(await bench.fuota(fakeSimulate(0), ...lns("--udp", "0", "--json", "-"))).toBe(130);
    const report = JSON.parse(bench.terminal.stdout);
    const validate = new Ajv2020({ strict: true, formats: { "date-time": true } }).compile(
      lnsSchema,
    );
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report).toMatchObject({ interrupted: true, gateways: 0, devices: { length: 2 } });
    expect(report.devices[0]).toMatchObject({ joined: false, passed: 0, failed: 0 });
  });

  test("have a published schema", () => {
    const published = new URL("../../../../docs/lns.schema.json", import.meta.url);
    expect(readFileSync(published, "utf8")).toBe(publishedText(lnsSchema));
  });
});
