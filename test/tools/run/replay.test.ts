import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Simulate } from "#tools/run/simulation.ts";
import { CommandBench } from "./command-bench.ts";
import { fakeSimulate } from "./fake-fleet.ts";

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
    expect(bench.terminal.stdout).toContain("replayed: the same in all 20 devices");
  });

  test("names the first difference", async () => {
    await fuota(unlucky, "run", at("fake.yaml"), "--json", at("r.json"));
    expect(await fuota(lucky, "replay", at("r.json"))).toBe(1);
    expect(bench.terminal.stderr).toMatch(
      /replays differently: device \d+: state was "failed", is "updated"/,
    );
  });

  test("shows what happened to one device", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("r.json"));
    expect(await fuota(lucky, "replay", at("r.json"), "--device", "3", "--until", "5")).toBe(0);
    expect(bench.terminal.stdout).toContain("     3        0.375  joined\n");
    expect(await complaint(lucky, "replay", at("r.json"), "--device", "30")).toContain(
      "no device 30",
    );
  });

  test("wants the firmware file of the run, and no other", async () => {
    bench.write("fw.bin", new Uint8Array(1000));
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
    bench.write("hostile.json", text);
    const said = await complaint(lucky, "replay", at("hostile.json"));
    expect(said).toContain(`hostile.json: ${says}`);
    expect(said).not.toContain("\n");
  });

  test("of a report whose scenario was changed is refused", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--json", at("r.json"));
    bench.write("r.json", read("r.json").replace("redundancyPercent: 10", "redundancyPercent: 11"));
    expect(await complaint(lucky, "replay", at("r.json"))).toMatch(/sha256 is not that of/);
  });

  test("of a report cut off anywhere is refused", async () => {
    await fuota(lucky, "run", at("fake.yaml"), "--devices", "6", "--json", at("r.json"));
    const text = read("r.json");
    for (let length = 0; length < text.length - 2; length += 97) {
      bench.write("cut.json", text.slice(0, length));
      expect(await complaint(lucky, "replay", at("cut.json"))).toContain("is not JSON");
    }
  });
});
