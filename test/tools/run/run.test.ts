import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { CommanderError } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { buildProgram } from "#tools/program.ts";
import { reportSchema } from "#tools/report/schema.ts";
import type { Simulate } from "#tools/run/simulation.ts";
import { publishedText } from "#tools/schema-text.ts";
import { FakeTerminal, fakeParts, fakeSimulate } from "./fake-fleet.ts";

const scenario = `name: fake
devices:
  count: 30
  perCell: 5
campaign:
  redundancyPercent: 10
expect:
  updated: all
`;

let folder = "";
let terminal = new FakeTerminal();
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");
const json = (name: string) => JSON.parse(read(name));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuota-run-"));
  writeFileSync(at("fake.yaml"), scenario);
  writeFileSync(at("one-cell.yaml"), scenario.replace("  perCell: 5\n", ""));
  writeFileSync(at("short.yaml"), scenario.replace("updated: all", "shortOfRowsMin: 2"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  terminal = new FakeTerminal();
});

const lucky = fakeSimulate(Number.MAX_SAFE_INTEGER);
const unlucky = fakeSimulate(10);

/** Exit status of one command. */
async function fuota(simulate: Simulate, ...args: string[]): Promise<number> {
  process.exitCode = undefined;
  const program = buildProgram(fakeParts(terminal, simulate));
  await program.parseAsync(args, { from: "user" });
  const status = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return status;
}

/** What a command complains of. */
async function complaint(simulate: Simulate, ...args: string[]): Promise<string> {
  try {
    await fuota(simulate, ...args);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    if (error instanceof CommanderError) return terminal.stderr;
    throw error;
  } finally {
    process.exitCode = undefined;
  }
  return "none";
}

describe("run", () => {
  test("exit status 0 when all expectations are met, 1 when one is not", async () => {
    expect(await fuota(lucky, "run", at("fake.yaml"))).toBe(0);
    expect(terminal.stdout).toContain("✓ updated: all (30)");
    expect(await fuota(unlucky, "run", at("fake.yaml"))).toBe(1);
    expect(terminal.stdout).toContain("✗ updated: all (");
    expect(terminal.stdout).toMatch(/not updated: shortOfRows \d+; short by 2 to 2 rows/);
    expect(terminal.stderr).toBe("");
  });

  test("a fleet that is expected to fall short meets its expectations by doing so", async () => {
    expect(await fuota(unlucky, "run", at("short.yaml"))).toBe(0);
    expect(await fuota(lucky, "run", at("short.yaml"))).toBe(1);
  });

  test("without arguments is the quick start", async () => {
    expect(await fuota(lucky)).toBe(0);
    expect(terminal.stdout).toContain("quick-start · seed 1 · 200 devices in 4 cells");
  });

  test("the summary names the command that replays it", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--seed", "7", "--devices", "12");
    expect(terminal.stdout).toContain(
      `replay: fuota run ${at("fake.yaml")} --seed 7 --devices 12\n`,
    );
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("a b.json"));
    expect(terminal.stdout).toContain(`replay: fuota replay '${at("a b.json")}'\n`);
  });

  test("the report has the published form", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("report.json"));
    const published = readFileSync(
      new URL("../../../docs/report.schema.json", import.meta.url),
      "utf8",
    );
    expect(published).toBe(publishedText(reportSchema));
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(published));
    const report = json("report.json");
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
    expect(JSON.parse(terminal.stdout).totals.updated).toBe(30);
    expect(terminal.stderr).toContain("✓ updated");
  });

  test("--repeat runs seed after seed into one report", async () => {
    const args = ["run", at("fake.yaml"), at("short.yaml"), "--repeat", "3", "--seed", "5"];
    expect(await fuota(lucky, ...args, "--json", at("runs.json"))).toBe(1);
    const { schemaVersion, runs } = json("runs.json");
    expect(schemaVersion).toBe(1);
    expect(runs.map(({ seed }: { seed: number }) => seed)).toEqual([5, 6, 7, 5, 6, 7]);
    expect(terminal.stdout).toContain("3 of 6 runs met their expectations; not fake seed 5");
    expect(await fuota(lucky, "replay", at("runs.json"), "--run", "2")).toBe(0);
  });
});

describe("shards", () => {
  test.each([1, 2, 7])("%i of them merge to the bytes of the whole", async (count) => {
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("whole.json"));
    const names = Array.from({ length: count }, (_, i) => at(`shard-${i + 1}.json`));
    for (const [index, name] of names.entries()) {
      const shard = `${index + 1}/${count}`;
      expect(await fuota(unlucky, "run", at("fake.yaml"), "--shard", shard, "--json", name)).toBe(
        0,
      );
    }
    expect(await fuota(unlucky, "merge", ...names.reverse(), "--json", at("merged.json"))).toBe(1);
    expect(read("merged.json")).toBe(read("whole.json"));
  });

  test("that do not belong together are refused", async () => {
    const shard = (name: string, ...args: string[]) =>
      fuota(unlucky, "run", at("fake.yaml"), "--json", at(name), ...args);
    await shard("w.json");
    await shard("s1.json", "--shard", "1/2");
    await shard("s2.json", "--shard", "2/2", "--seed", "2");
    await shard("s3.json", "--shard", "2/3");
    const merge = (...names: string[]) =>
      complaint(unlucky, "merge", ...names.map(at), "--json", at("m.json"));
    expect(await merge("w.json")).toBe(`${at("w.json")}: is a whole run, not a shard`);
    expect(await merge("s1.json")).toBe("shard 2/2 is missing");
    expect(await merge("s1.json", "s1.json")).toMatch(/is shard 1\/2, like /);
    expect(await merge("s1.json", "s2.json")).toMatch(/s2\.json: seed is not that of .*s1\.json$/);
    expect(await merge("s1.json", "s3.json")).toMatch(/shard\.count is not that of/);
  });

  test("of one cell make no sense, and that is said", async () => {
    const said = await complaint(lucky, "run", at("one-cell.yaml"), "--shard", "1/2");
    expect(said).toMatch(/has one cell and cannot be sharded; set devices\.perCell below/);
    expect(await fuota(lucky, "run", at("one-cell.yaml"), "--shard", "1/1")).toBe(0);
  });
});

describe("replay", () => {
  test("finds the run again", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--devices", "20", "--json", at("r.json"));
    expect(await fuota(unlucky, "replay", at("r.json"))).toBe(0);
    expect(terminal.stdout).toContain("replayed: the same in all 20 devices");
  });

  test("names the first difference", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("r.json"));
    expect(await fuota(lucky, "replay", at("r.json"))).toBe(1);
    expect(terminal.stderr).toMatch(
      /replays differently: device \d+: state was "failed", is "updated"/,
    );
  });

  test("shows what happened to one device", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("r.json"));
    expect(await fuota(lucky, "replay", at("r.json"), "--device", "3", "--until", "5")).toBe(0);
    expect(terminal.stdout).toContain("     3        0.375  joined\n");
    expect(await complaint(lucky, "replay", at("r.json"), "--device", "30")).toContain(
      "no device 30",
    );
  });

  test("wants the firmware file of the run, and no other", async () => {
    writeFileSync(at("fw.bin"), new Uint8Array(1000));
    await fuota(lucky, "run", at("fake.yaml"), "--firmware", at("fw.bin"), "--json", at("r.json"));
    expect(await complaint(lucky, "replay", at("r.json"))).toMatch(/give it with --firmware$/);
    expect(await fuota(lucky, "replay", at("r.json"), "--firmware", at("fw.bin"))).toBe(0);
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("r.json"));
    const said = await complaint(lucky, "replay", at("r.json"), "--firmware", at("fw.bin"));
    expect(said).toMatch(/was run without --firmware$/);
  });

  test.each([
    { text: "", says: "is not JSON" },
    { text: "{", says: "is not JSON" },
    { text: "[".repeat(200_000), says: "is not JSON" },
    { text: "[]", says: "is not a report:  is a list, expected a fuota report" },
    { text: '{"runs": []}', says: "is not a report: runs is unknown" },
    { text: '{"runs": [{}]}', says: "is not a report: schemaVersion is missing, expected 1" },
    { text: '{"schemaVersion": 2}', says: "is not a report: scenario is missing" },
  ])("of $text is refused", async ({ text, says }) => {
    writeFileSync(at("hostile.json"), text);
    const said = await complaint(lucky, "replay", at("hostile.json"));
    expect(said).toContain(`hostile.json: ${says}`);
    expect(said).not.toContain("\n");
  });

  test("of a report whose scenario was changed is refused", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("r.json"));
    writeFileSync(
      at("r.json"),
      read("r.json").replace("redundancyPercent: 10", "redundancyPercent: 11"),
    );
    expect(await complaint(lucky, "replay", at("r.json"))).toMatch(/sha256 is not that of/);
  });

  test("of a report cut off anywhere is refused", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--devices", "6", "--json", at("r.json"));
    const text = read("r.json");
    for (let length = 0; length < text.length - 2; length += 97) {
      writeFileSync(at("cut.json"), text.slice(0, length));
      expect(await complaint(lucky, "replay", at("cut.json"))).toContain("is not JSON");
    }
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
    { args: ["--sed", "1"], says: /unknown option '--sed' \(Did you mean --seed\?\)/ },
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

  test("a firmware file too large for the banks is refused with both sizes", async () => {
    writeFileSync(at("large.bin"), new Uint8Array(270_000));
    const said = await complaint(lucky, "run", at("fake.yaml"), "--firmware", at("large.bin"));
    expect(said).toMatch(/large\.bin: size as a signed image is 270200, .* holds 262144 bytes/);
  });
});

test("Ctrl-C ends with what is known so far", async () => {
  const controller = new AbortController();
  const simulate: Simulate = (input, listener) => {
    const simulation = lucky(input, {
      ...listener,
      onCell: (cell) => {
        listener.onCell(cell);
        if (cell.index === 1) controller.abort();
      },
    });
    return simulation;
  };
  const parts = {
    ...fakeParts(terminal, simulate),
    interruption: () => ({ signal: controller.signal, end: () => undefined }),
  };
  const args = ["run", at("fake.yaml"), "--json", at("partial.json"), "--repeat", "5"];
  await buildProgram(parts).parseAsync(args, { from: "user" });
  expect(process.exitCode).toBe(130);
  process.exitCode = undefined;
  const [report, ...others] = json("partial.json").runs;
  expect(others).toEqual([]);
  expect(report).toMatchObject({ interrupted: true, totals: { devices: 10 }, expectations: [] });
});
