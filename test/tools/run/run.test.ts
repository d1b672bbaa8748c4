import { mkdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { buildProgram } from "#tools/program.ts";
import { reportSchema } from "#tools/report/schema.ts";
import type { Simulate } from "#tools/run/simulation.ts";
import { publishedText } from "#tools/schema-text.ts";
import { CommandBench, scenario } from "./command-bench.ts";
import { fakeParts, fakeSimulate } from "./fake-fleet.ts";

let bench = new CommandBench();
const at = (name: string) => bench.at(name);
const read = (name: string) => bench.read(name);
const fuota = (simulate: Simulate, ...args: string[]) => bench.fuota(simulate, ...args);
const complaint = (simulate: Simulate, ...args: string[]) => bench.complaint(simulate, ...args);
beforeEach(() => {
  bench.remove();
  bench = new CommandBench();
});
afterAll(() => bench.remove());

const lucky = fakeSimulate(Number.MAX_SAFE_INTEGER);
const unlucky = fakeSimulate(10);

describe("run", () => {
  test("exit status 0 when all expectations are met, 1 when one is not", async () => {
    expect(await fuota(lucky, "run", at("fake.yaml"))).toBe(0);
    expect(bench.terminal.stdout).toContain("✓ updated: all (30)");
    expect(await fuota(unlucky, "run", at("fake.yaml"))).toBe(1);
    expect(bench.terminal.stdout).toContain("✗ updated: all (");
    expect(bench.terminal.stdout).toMatch(/not updated: shortOfRows \d+; short by 2 to 2 rows/);
    expect(bench.terminal.stderr).toBe("");
  });

  test("a fleet that is expected to fall short meets its expectations by doing so", async () => {
    expect(await fuota(unlucky, "run", at("short.yaml"))).toBe(0);
    expect(await fuota(lucky, "run", at("short.yaml"))).toBe(1);
  });

  test("without arguments is the quick start", async () => {
    expect(await fuota(lucky)).toBe(0);
    expect(bench.terminal.stdout).toContain("quick-start · seed 1 · 200 devices in 8 cells");
  });

  test("the summary names the command that replays it", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--seed", "7", "--devices", "12");
    expect(bench.terminal.stdout).toContain(
      `replay: fuota run ${at("fake.yaml")} --seed 7 --devices 12\n`,
    );
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("a b.json"));
    expect(bench.terminal.stdout).toContain(`replay: fuota replay '${at("a b.json")}'\n`);
  });

  test("the report has the published form", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("report.json"));
    const published = readFileSync(
      new URL("../../../docs/report.schema.json", import.meta.url),
      "utf8",
    );
    expect(published).toBe(publishedText(reportSchema));
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(published));
    const report = JSON.parse(read("report.json"));
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    const { devices, ...states } = report.totals;
    expect(devices).toBe(30);
    expect(Object.values<number>(states).reduce((sum, n) => sum + n, 0)).toBe(devices);
    expect(report.scenario.text).toBe(scenario);
    expect(report.devices.map(({ id }: { id: number }) => id)).toEqual([...Array(30).keys()]);
  });

  test("equal runs write equal bytes, and another seed others", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("1.json"));
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("2.json"));
    await fuota(unlucky, "run", at("fake.yaml"), "--seed", "2", "--json", at("3.json"));
    expect(read("2.json")).toBe(read("1.json"));
    expect(read("3.json")).not.toBe(read("1.json"));
  });

  test("--ndjson holds a line per device with its timeline, --trace a line per event by time", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--ndjson", at("d.ndjson"), "--trace", at("t.txt"));
    const lines = read("d.ndjson").trimEnd().split("\n");
    expect(lines).toHaveLength(30);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      scenario: "fake",
      seed: 1,
      id: 4,
      timeline: [{ atS: 0.5, text: "joined" }],
    });
    const trace = read("t.txt").split("\n");
    expect(trace.slice(0, 2)).toEqual([
      "     0        0.000  joined",
      "     1        0.125  joined",
    ]);
  });

  test("--junit fails the devices of a run that failed, and only those", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--junit", at("bad.xml"));
    expect(read("bad.xml")).toMatch(/<failure message="expected all, actual \d+">/);
    expect(read("bad.xml")).toContain('<failure message="failed: shortOfRows, short by 2 rows"/>');
    await fuota(unlucky, "run", at("short.yaml"), "--junit", at("good.xml"));
    expect(read("good.xml")).not.toContain("<failure");
    expect(read("good.xml")).toContain("as the scenario expects: failed: shortOfRows");
  });

  test("- is standard output, and people read standard error then", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--json", "-");
    expect(JSON.parse(bench.terminal.stdout).totals.updated).toBe(30);
    expect(bench.terminal.stderr).toContain("✓ updated");
  });

  test("--repeat runs seed after seed into one report", async () => {
    const args = ["run", at("fake.yaml"), at("short.yaml"), "--repeat", "3", "--seed", "5"];
    expect(await fuota(lucky, ...args, "--json", at("runs.json"))).toBe(1);
    const { schemaVersion, runs } = JSON.parse(read("runs.json"));
    expect(schemaVersion).toBe(1);
    expect(runs.map(({ seed }: { seed: number }) => seed)).toEqual([5, 6, 7, 5, 6, 7]);
    expect(bench.terminal.stdout).toContain("3 of 6 runs met their expectations; not fake seed 5");
    expect(await fuota(lucky, "replay", at("runs.json"), "--run", "2")).toBe(0);
  });
});

describe("options that cannot be used", () => {
  test.each([
    { args: ["--seed", "x"], says: /--seed.*expected an integer from 0 to 4294967295/ },
    { args: ["--seed", "4294967296"], says: /expected an integer from 0/ },
    { args: ["--seed", "0x10"], says: /expected an integer from 0/ },
    { args: ["--devices", "0"], says: /expected an integer from 1 to 1000000/ },
    { args: ["--shard", "3/2"], says: /expected i\/n with i from 1 to n/ },
    { args: ["--shard", "1"], says: /expected i\/n/ },
    { args: ["--repat", "1"], says: /unknown option '--repat' \(Did you mean --repeat\?\)/ },
    { args: ["--json"], says: /argument missing/ },
    { args: ["--json", "-", "--ndjson", "-"], says: /two outputs cannot go to standard output/ },
    { args: ["--json", "no/such/folder/x.json"], says: /^cannot write no\/such.*: no such file/ },
    { args: ["--key", "k.pem"], says: /--key says who signed --firmware; give both/ },
    { args: ["--firmware", "none.bin"], says: /^none\.bin: no such file/ },
    { args: ["no-such.yaml"], says: /^no-such\.yaml: no such file/ },
  ])("$args", async ({ args, says }) => {
    const said = await complaint(lucky, "run", ...args);
    expect(said).toMatch(says);
    expect(said.trimEnd()).not.toContain("\n");
  });

  test("two names of one file are one output, and an input is none", async () => {
    mkdirSync(at("in"));
    const twice = ["run", at("fake.yaml"), "--json", at("x"), "--html", at("in/../x")];
    expect(await complaint(lucky, ...twice)).toMatch(/^two outputs cannot go to .*\/x$/);
    const over = ["run", at("fake.yaml"), "--json", at("fake.yaml")];
    expect(await complaint(lucky, ...over)).toMatch(/fake.yaml: is read, and would be overwritten/);
    expect(read("fake.yaml")).toBe(scenario);
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("x"));
    const again = ["replay", at("x"), "--json", at("in/../x")];
    expect(await complaint(lucky, ...again)).toMatch(/is read, and would be overwritten/);
  });

  test("a firmware file too large for the banks is refused with both sizes", async () => {
    bench.write("large.bin", new Uint8Array(270_000));
    const said = await complaint(lucky, "run", at("fake.yaml"), "--firmware", at("large.bin"));
    expect(said).toMatch(/large\.bin: size as a signed image is 270200, .* holds 262144 bytes/);
  });
});

test("Ctrl-C ends with what is known so far", async () => {
  const controller = new AbortController();
  const simulate: Simulate = (input, listener) => {
    const simulation = fakeSimulate(5)(input, {
      ...listener,
      onCell: (cell) => {
        listener.onCell(cell);
        if (cell.index === 1) controller.abort();
      },
    });
    return simulation;
  };
  const parts = {
    ...fakeParts(bench.terminal, simulate),
    interruption: () => ({ signal: controller.signal, end: () => undefined }),
  };
  const outputs = ["--json", at("partial.json"), "--junit", at("partial.xml")];
  const args = ["run", at("fake.yaml"), ...outputs, "--repeat", "5"];
  const program = await buildProgram(parts, args);
  await program.parseAsync(args, { from: "user" });
  expect(process.exitCode).toBe(130);
  process.exitCode = undefined;
  const [report, ...others] = JSON.parse(read("partial.json")).runs;
  expect(others).toEqual([]);
  expect(report).toMatchObject({ interrupted: true, totals: { devices: 10 }, expectations: [] });
  const skipped = report.totals.devices - report.totals.updated;
  expect(skipped).toBeGreaterThan(0);
  expect(read("partial.xml")).toContain(`failures="0" errors="0" skipped="${skipped}"`);
  expect(read("partial.xml")).toContain('<skipped message="not decided: failed: shortOfRows');
});
