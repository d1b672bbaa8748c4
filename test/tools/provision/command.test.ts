import { afterAll, describe, expect, test } from "vitest";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const bench = new CommandBench({ firmwareSizesOf });
afterAll(() => bench.remove());
const provision = (...args: string[]) => bench.fuota(fakeSimulate(0), "provision", ...args);
const complaint = (...args: string[]) => bench.complaint(fakeSimulate(0), "provision", ...args);

describe("a list for any server", () => {
  test("as CSV on standard output", async () => {
    bench.terminal.stdout = "";
    expect(await provision("csv", bench.at("fake.yaml"), "--devices", "2")).toBe(0);
    expect(bench.terminal.stdout.split("\r\n")).toHaveLength(4);
  });

  test("as JSON in a file, with the seed's keys", async () => {
    const scenario = bench.at("fake.yaml");
    await provision("json", scenario, "--seed", "5", "--output", bench.at("a.json"));
    await provision("json", scenario, "--seed", "6", "--output", bench.at("b.json"));
    const [a, b] = ["a.json", "b.json"].map((name) => JSON.parse(bench.read(name)));
    expect(a).toHaveLength(30);
    expect(a[29].devEui).toBe(b[29].devEui);
    expect(a[29].appKey).not.toBe(b[29].appKey);
  });

  test("that cannot be written says where", async () => {
    const where = bench.at("no/such/folder");
    expect(await complaint("csv", bench.at("fake.yaml"), "--output", where)).toContain(where);
  });
});

test("a ChirpStack asks for a key first", async () => {
  bench.write("empty", "\n");
  const said = await complaint("chirpstack", bench.at("fake.yaml"), "--api-key", bench.at("empty"));
  expect(said).toMatch(/empty: holds no API key; make one with: chirpstack/);
});
