import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { parityVariants } from "#agent/fec/rows.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import { chooseFragSize, hasEvenRows, twinsOf } from "#tools/plan/fragment-size.ts";
import { planSchema } from "#tools/plan/schema.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

let bench = new CommandBench({ firmwareSizesOf });
beforeEach(() => {
  bench.remove();
  bench = new CommandBench({ firmwareSizesOf });
});
afterAll(() => bench.remove());

const simulate = fakeSimulate(0);
const TRIALS = ["--trials", "500"];
const plan = (...args: string[]) => bench.fuota(simulate, "plan", ...TRIALS, ...args);
const complaint = (...args: string[]) => bench.complaint(simulate, "plan", ...TRIALS, ...args);
/** Without a space in a row, so that a test may name columns. */
const said = () => bench.terminal.stdout.replace(/ +/g, " ");

describe("a wish", () => {
  test("gets a fragment size and the redundancy that its target takes", async () => {
    expect(await plan("--size", "20000", "--loss", "0.1", "--devices", "50")).toBe(0);
    expect(said()).toMatch(/fragments \d+ of \d+ bytes \(\d+ of padding\) \+ \d+ coded \(\d+ %\)/);
    expect(said()).toMatch(/the whole fleet \d+ %/);
  });

  test("is written as a scenario that is planned to the same", async () => {
    const path = bench.at("planned.yaml");
    await plan(
      "--size",
      "20000",
      "--loss",
      "0.1",
      "--scenario",
      path,
      "--json",
      bench.at("a.json"),
    );
    const planned = JSON.parse(bench.read("a.json"));
    const { campaign } = loadScenario(path).scenario;
    expect(campaign).toMatchObject({
      fragSize: planned.fragSize,
      redundancyPercent: planned.redundancyPercent,
    });
    bench.terminal.stdout = "";
    await plan(path, "--json", bench.at("b.json"));
    const again = JSON.parse(bench.read("b.json"));
    expect(again).toMatchObject({ nbFrag: planned.nbFrag, updatedShare: planned.updatedShare });
  });

  test("as JSON is what the schema says", async () => {
    await plan("quick-start", "--json", "-");
    const ajv = new Ajv2020({ strict: true });
    const validate = ajv.compile(planSchema);
    expect(validate(JSON.parse(bench.terminal.stdout)), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe("warnings", () => {
  test.each([
    [
      "twin columns",
      ["--size", "45888", "--frag-size", "239", "--loss", "0.1"],
      "have twin columns in ts004-v1: 66 and 97",
    ],
    [
      "even rows",
      ["--size", "10000", "--frag-size", "100", "--packages", "v2"],
      "make every row of ts004-v2-lbm even",
    ],
    [
      "ChirpStack's DR4",
      ["--size", "10000", "--dr", "4", "--frag-size", "239"],
      "set campaign.fragSize to 219",
    ],
    ["a repeater", ["--size", "10000", "--dr", "5", "--frag-size", "239"], "repeater_compatible"],
    [
      "the rule of thumb",
      ["--size", "20000", "--loss", "0.1", "--redundancy", "10"],
      "12 % is where half do",
    ],
    [
      "a crowded gateway",
      ["--size", "2000", "--devices", "5000"],
      "5000 devices behind one gateway",
    ],
  ])("%s", async (_, args, warning) => {
    await plan(...args);
    expect(said()).toMatch(new RegExp(`! .*${warning}`));
  });

  test("a session that closes before its fragments are sent, whose devices stay short", async () => {
    const path = bench.at("short.yaml");
    await plan("--size", "20000", "--loss", "0.1", "--scenario", path);
    bench.write(
      "short.yaml",
      bench.read("short.yaml").replace("\ncampaign:", "$&\n  timeoutExponent: 5"),
    );
    bench.terminal.stdout = "";
    await plan(path);
    expect(said()).toMatch(/! .*after 32 s, when 7 of \d+ fragments have been sent; 10 holds all/);
    expect(said()).toContain("expected 0 % of the devices updated");
  });

  test("none where nothing is lost", async () => {
    expect(await plan("--size", "20000", "--loss", "0", "--frag-size", "200")).toBe(0);
    expect(said()).not.toContain("!");
    expect(said()).toContain("expected 100 % of the devices updated; the whole fleet: 100 %");
  });

  test("no redundancy is thin for those who lose hardly anything", async () => {
    await plan("--size", "20000", "--loss", "0.001", "--redundancy", "0", "--frag-size", "200");
    expect(said()).not.toContain("!");
    expect(said()).toMatch(/expected 9\d\.\d %/);
  });

  test("a target that no redundancy reaches", async () => {
    await plan("--size", "2000", "--loss", "0.95");
    expect(said()).toContain("the whole fleet more than 300 %");
    expect(said()).toContain("! no redundancy that was tried");
  });

  test("none for a plan without a flaw", async () => {
    await plan("--size", "20000", "--loss", "0.05", "--devices", "20", "--frag-size", "200");
    expect(said()).not.toContain("!");
  });
});

test("a redundancy beyond what is usual is tried like any", async () => {
  await plan(
    "--size",
    "20000",
    "--loss",
    "0.9",
    "--redundancy",
    "400",
    "--json",
    bench.at("a.json"),
  );
  const { redundancy, updatedShare } = JSON.parse(bench.read("a.json"));
  expect(redundancy.at(-1)).toMatchObject({ percent: 400, deviceChance: 0 });
  expect(updatedShare).toBe(0);
});

test("fragments without a number mend nothing", async () => {
  await plan(
    "--size",
    "160000",
    "--frag-size",
    "10",
    "--loss",
    "0.1",
    "--trials",
    "100",
    "--json",
    bench.at("a.json"),
  );
  const { redundancy } = JSON.parse(bench.read("a.json"));
  for (const { deviceChance } of redundancy) expect(deviceChance).toBe(0);
});

test("banks are as large as the image needs, unless a scenario says how large they are", async () => {
  expect(await plan("--size", "300000", "--scenario", bench.at("large.yaml"))).toBe(0);
  expect(loadScenario(bench.at("large.yaml")).scenario.devices?.defaults).toEqual({
    bankBytes: 303_104,
  });
  bench.terminal.stdout = "";
  expect(await plan("bench", "--size", "300000")).toBe(1);
  expect(said()).toMatch(/raise bankBytes\n$/);
});

describe("what does not fit is said, with what would, and status 1", () => {
  test("100 KiB at DR0 in a class C session", async () => {
    expect(await plan("--size", "102400", "--dr", "0", "--loss", "0.05")).toBe(1);
    expect(said()).toContain("a class C session lasts at most 2^15 = 32768 s");
    expect(said()).toContain("it fits at DR2, DR3");
  });

  test("more fragments than 14 bits count", async () => {
    expect(await plan("--size", "200000", "--frag-size", "10", "--margin", "1")).toBe(1);
    expect(said()).toContain("N has 14 bits: at most 16383");
  });

  test("a fragment that the data rate does not carry", async () => {
    expect(await plan("--size", "20000", "--dr", "0", "--frag-size", "100")).toBe(1);
    expect(said()).toMatch(/does not fit: campaign.fragSize is 100/);
  });
});

describe("bad input is one line", () => {
  test.each([
    [["--loss", "1.5"], "expected a number between 0 and 1"],
    [["--loss", "ten"], "expected a number between 0 and 1"],
    [["--burst", "5"], "--burst says how losses come together; give --loss too"],
    [["--loss", "0.9", "--burst", "1"], "bursts so short cannot lose 0.9 of the frames"],
    [["--region", "EU433"], "Allowed choices are EU868"],
    [["--size", "1023"], "expected an integer from 1024 to 3900000"],
    [["--dr", "99"], "expected an integer from 0 to 15"],
    [["--dr", "8"], "the plan: campaign.dr is 8, but EU868 sends downlinks at DR0 to DR7"],
    [["--region", "US915", "--dr", "2"], "US915 sends downlinks at DR8 to DR13"],
    [["--target", "1"], "expected a number between 0 and 1"],
    [["--firmware", "/nowhere.bin"], "/nowhere.bin: no such file"],
    [["nosuch"], "nosuch: no such file"],
    [["--json", "p", "--scenario", "./p"], "two outputs cannot go to ./p"],
  ])("%j", async (args, words) => {
    const text = await complaint(...args);
    expect(text).toContain(words);
    expect(text.trim().split("\n")).toHaveLength(1);
  });
});

test("a data rate that the region lacks is found in the file", async () => {
  bench.write(
    "far.yaml",
    "name: far\ndevices: { count: 5, defaults: { uplinkDr: 9 } }\ncampaign: { redundancyPercent: 10 }\nexpect: {}\n",
  );
  expect(await complaint(bench.at("far.yaml"))).toMatch(
    /far.yaml:2: devices.defaults.uplinkDr is 9, but EU868 sends uplinks at DR0 to DR5$/,
  );
});

test("fragment sizes are chosen so that no count has twins", () => {
  const { regional } = resolveScenario(loadScenario("quick-start").scenario);
  for (const variant of parityVariants) {
    for (const sentBytes of [45_888, 91_776, 183_552, 20_000]) {
      const fragSize = chooseFragSize(regional, 5, sentBytes, variant);
      const nbFrag = Math.ceil(sentBytes / fragSize);
      expect(twinsOf(variant, nbFrag)).toEqual([]);
      expect(hasEvenRows(variant, nbFrag)).toBe(false);
    }
  }
});
