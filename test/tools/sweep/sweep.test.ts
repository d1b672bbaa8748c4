import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { publishedText } from "#tools/schema-text.ts";
import { sweepSchema } from "#tools/sweep/schema.ts";
import { median, wilson } from "#tools/sweep/statistics.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const scenario = `name: swept
devices: { count: 6 }
firmware: { sizeBytes: 1500 }
campaign: { fragSize: 50, redundancyPercent: 20, maxRetries: 1 }
air: { multicastLoss: { model: bernoulli, probability: 0.1 } }
expect: { updated: all }
`;

let bench = new CommandBench({ firmwareSizesOf });
beforeEach(() => {
  bench.remove();
  bench = new CommandBench({ firmwareSizesOf });
  bench.write("swept.yaml", scenario);
});
afterAll(() => bench.remove());

const simulate = fakeSimulate(0);
const sweep = (...args: string[]) => bench.fuota(simulate, "run", bench.at("swept.yaml"), ...args);
const complaint = (...args: string[]) =>
  bench.complaint(simulate, "run", bench.at("swept.yaml"), ...args);
const MATRIX = ["--matrix", "loss=0,0.5", "--matrix", "redundancy=10,100"];

describe("a sweep", () => {
  test("is the same bytes on one thread and on several", async () => {
    const written: string[][] = [];
    for (const jobs of ["1", "4"]) {
      const files = ["json", "ndjson", "html"].map((kind) => bench.at(`${jobs}.${kind}`));
      const [json = "", ndjson = "", html = ""] = files;
      const outputs = ["--json", json, "--ndjson", ndjson, "--html", html];
      await sweep(...MATRIX, "--seeds", "1..3", "--jobs", jobs, ...outputs);
      const kinds = ["json", "ndjson", "html"];
      written.push(
        kinds.map((kind) => bench.read(`${jobs}.${kind}`).replace(/"wallSeconds".*/, "")),
      );
    }
    for (const other of written) expect(other).toEqual(written[0]);
  });

  test("runs every combination with every seed, the last axis fastest", async () => {
    expect(await sweep(...MATRIX, "--seeds", "5..6", "--json", bench.at("s.json"))).toBe(1);
    const report = JSON.parse(bench.read("s.json"));
    const validate = new Ajv2020({ strict: true }).compile(JSON.parse(publishedText(sweepSchema)));
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    const values = report.configurations.map((one: { values: string[] }) => one.values.join(" "));
    expect(values).toEqual(["0 10", "0 100", "0.5 10", "0.5 100"]);
    const [none, , half] = report.configurations;
    expect(none.runs.map(({ seed }: { seed: number }) => seed)).toEqual([5, 6]);
    expect(none.updatedShare).toBe(1);
    expect(half.updatedShare).toBe(0);
    expect(half.runs[0].failed).toEqual(["updated: all (0)"]);
  });

  test("says how to run a point of it again, and that comes out the same", async () => {
    await sweep(...MATRIX, "--seeds", "5..5", "--json", bench.at("s.json"));
    const [, , half] = JSON.parse(bench.read("s.json")).configurations;
    const words = half.replay.replace("SEED", "5").replace(/^(fuota|npm start --) run \S+ /, "");
    await sweep(...words.split(" "), "--seeds", "5..5", "--json", bench.at("again.json"));
    const [again] = JSON.parse(bench.read("again.json")).configurations;
    expect(again.runs[0].traceHash).toBe(half.runs[0].traceHash);
  });

  test("draws its matrix, and marks what did not meet expectations", async () => {
    await sweep(...MATRIX, "--seeds", "1..2");
    const text = bench.terminal.stdout;
    expect(text).toContain("swept · 4 configurations × 2 seeds");
    expect(text).toMatch(/0\.5 +0\.0 %░!/);
    expect(text).toMatch(/0 +100\.0 %█/);
  });
});

test("a sweep that is stopped says what it has, and passes no verdict on the rest", async () => {
  const controller = new AbortController();
  controller.abort();
  const stopped = new CommandBench({
    firmwareSizesOf,
    interruption: () => ({ signal: controller.signal, end: () => undefined }),
  });
  stopped.write("swept.yaml", scenario);
  const outputs = ["--json", stopped.at("s.json"), "--html", stopped.at("s.html")];
  const args = ["run", stopped.at("swept.yaml"), ...MATRIX, "--seeds", "1..3", ...outputs];
  expect(await stopped.fuota(simulate, ...args)).toBe(130);
  expect(stopped.terminal.stdout).toContain("interrupted");
  expect(stopped.terminal.stdout).not.toContain("met");
  const { configurations } = JSON.parse(stopped.read("s.json"));
  for (const { runs, shareMin, shareMax } of configurations) {
    expect(runs).toEqual([]);
    expect(shareMin).toBeLessThanOrEqual(shareMax);
  }
  expect(stopped.read("s.html")).toContain("0 · 10: not run");
  stopped.remove();
});

describe("bad input is one line", () => {
  test.each([
    [["--matrix", "redundancy"], "expected KEY=VALUE"],
    [["--matrix", "redundancy=10,10"], "has 10 twice"],
    [["--matrix", "seed=1,2"], "--matrix seed: give --seeds FIRST..LAST instead"],
    [["--matrix", "loss=0.1", "--matrix", "loss=0.2"], "is given twice"],
    [["--matrix", "redundancy=10,many"], 'campaign.redundancyPercent is "many"'],
    [["--matrix", "campaign.nosuch=1"], "nosuch is unknown"],
    [["--matrix", "name.x=1"], 'name.x: x is in what is "swept"'],
    [["--set", "devices.__proto__.x=1"], "is no key of a scenario"],
    [["--set", "air.multicastLoss={model: bernoulli"], "air.multicastLoss={model: bernoulli:"],
    [["--seeds", "9..1"], "expected first..last"],
    [["--seeds", "1..2", "--junit", "x.xml"], "--junit: is of one run, not of a sweep"],
    [["--seeds", "1..2", "--json", "x", "--html", "./x"], "two outputs cannot go to ./x"],
    [
      ["--seeds", "1..2", "--json", "-", "--ndjson", "-"],
      "two outputs cannot go to standard output",
    ],
    [["--jobs", "0"], "expected an integer from 1 to 256"],
  ])("%j", async (args, words) => {
    const text = await complaint(...args);
    expect(text).toContain(words);
    expect(text.trim().split("\n")).toHaveLength(1);
  });

  test("a sweep has one scenario", async () => {
    expect(await complaint(bench.at("fake.yaml"), "--seeds", "1..2")).toContain(
      "give one scenario",
    );
  });
});

test.each([
  [0, 10, 0, 0.278],
  [10, 10, 0.722, 1],
  [5, 10, 0.237, 0.763],
])("Wilson's interval of %i of %i", (successes, count, low, high) => {
  const [from, to] = wilson(successes, count);
  expect(from).toBeCloseTo(low, 3);
  expect(to).toBeCloseTo(high, 3);
});

test("the median", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
