import { afterAll, beforeEach, expect, test } from "vitest";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

let bench = new CommandBench();
beforeEach(() => {
  bench.remove();
  bench = new CommandBench();
});
afterAll(() => bench.remove());

const lucky = fakeSimulate(Number.MAX_SAFE_INTEGER);
const unlucky = fakeSimulate(10);
const at = (name: string) => bench.at(name);

async function reports(): Promise<void> {
  await bench.fuota(lucky, "run", at("fake.yaml"), "--json", at("good.json"));
  await bench.fuota(unlucky, "run", at("fake.yaml"), "--json", at("bad.json"));
  bench.terminal.stdout = "";
}

test("a report differs in nothing from itself", async () => {
  await reports();
  expect(await bench.fuota(lucky, "diff", at("good.json"), at("good.json"))).toBe(0);
  expect(bench.terminal.stdout).toBe("same verdicts\n");
});

test("figures, expectations and devices that came out otherwise", async () => {
  await reports();
  const status = await bench.fuota(
    lucky,
    ...["diff", at("good.json"), at("bad.json"), "--json", at("diff.json")],
  );
  expect(status).toBe(1);
  expect(bench.terminal.stdout).toMatch(/updated +30 +\d+\n/);
  expect(bench.terminal.stdout).toMatch(/updated +met: all \(30\) +not met: all \(\d+\)/);
  expect(bench.terminal.stdout).toMatch(/\d+ from updated to failed \(shortOfRows\): \d+/);
  const { verdicts } = JSON.parse(bench.read("diff.json"));
  expect(verdicts).toHaveLength(1);
  expect(verdicts[0]).toMatchObject({ from: "updated", to: "failed (shortOfRows)" });
});

test("devices that only one report has", async () => {
  await reports();
  const half = ["--shard", "1/2", "--json", at("half.json")];
  await bench.fuota(lucky, "run", at("fake.yaml"), ...half);
  bench.terminal.stdout = "";
  expect(await bench.fuota(lucky, "diff", at("good.json"), at("half.json"))).toBe(1);
  expect(bench.terminal.stdout).toContain("15 devices are in one of the reports only");
});

test.each([
  ["no such file", ["nowhere.json", "nowhere.json"], "nowhere.json: no such file"],
  ["no JSON", ["fake.yaml", "fake.yaml"], "is not JSON"],
  ["no report", ["other.json", "other.json"], "is not a report"],
])("%s is one line", async (_, names, words) => {
  bench.write("other.json", "{}");
  const complaint = await bench.complaint(lucky, "diff", ...names.map(at));
  expect(complaint).toContain(words);
});
