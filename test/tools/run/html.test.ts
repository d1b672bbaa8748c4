import { afterAll, describe, expect, test } from "vitest";
import { CommandBench } from "./command-bench.ts";
import { fakeSimulate } from "./fake-fleet.ts";

const bench = new CommandBench();
afterAll(() => bench.remove());
const unlucky = fakeSimulate(10);

async function dataOf(...args: string[]) {
  const file = bench.at("page.html");
  await bench.fuota(unlucky, "run", ...args, "--html", file);
  const [, json = ""] = /id="data">(.*?)<\/script>/.exec(bench.read("page.html")) ?? [];
  return JSON.parse(json);
}

describe("run --html", () => {
  test("one run: all its devices, why some failed, and a command for each", async () => {
    const { run, sections } = await dataOf(bench.at("fake.yaml"));
    expect(sections).toEqual([]);
    expect(run.devices).toHaveLength(30);
    expect(run.totals.updated).toBeLessThan(30);
    expect(run.failures).toEqual([expect.objectContaining({ reason: "shortOfRows" })]);
    expect(run.expected.share).toBe(1);
    expect(run.replayDevice).toBe(
      `${run.replay} --json report.json; fuota replay report.json --device`,
    );
  });

  test("a report that is written anyway is what is replayed", async () => {
    const { run } = await dataOf(bench.at("fake.yaml"), "--json", bench.at("mine.json"));
    expect(run.replayDevice).toBe(`fuota replay ${bench.at("mine.json")} --device`);
  });

  test("several runs: a line each", async () => {
    const files = [bench.at("fake.yaml"), bench.at("short.yaml")];
    const { run, sections } = await dataOf(...files, "--repeat", "3");
    expect(run).toBeUndefined();
    const [{ rows }] = sections;
    expect(rows).toHaveLength(6);
    expect(rows.map((row: readonly unknown[]) => row[1])).toEqual(["1", "2", "3", "1", "2", "3"]);
    expect(rows[1]).toContain(`fuota run ${bench.at("fake.yaml")} --seed 2`);
  });
});
