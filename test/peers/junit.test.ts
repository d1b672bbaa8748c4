import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { junitOf } from "#tools/report/junit.ts";
import { makeReport } from "#tools/report/report.ts";
import { parseScenario } from "#tools/scenario/load.ts";

/** libxml2 reads what we write. */

test("JUnit files are well-formed, whatever the names in them", () => {
  const text =
    "name: a\ndevices: { count: 1 }\ncampaign: { redundancyPercent: 0 }\nexpect: { updated: all }\n";
  const report = makeReport({
    loaded: parseScenario(text, "a.yaml"),
    seed: 1,
    version: "1",
    options: { devices: null, firmware: "generated" },
    shard: null,
    interrupted: false,
    wallSeconds: 0.5,
    firmware: { sha256: "0".repeat(64), sizeBytes: 1, version: "1" },
    cells: [],
    devices: [
      {
        id: 0,
        devEui: "0000000000000000",
        kind: "a",
        cell: 0,
        state: "failed",
        bootedVersion: "1",
        bootedSha256: "",
        fragments: { received: 0, lost: 0, coded: 0, beyondM: 0 },
        energyToCompleteJ: null,
        energyJ: 0,
        reason: `<&"'>]]>\u0000\u001b\ud800\u{1F600}`,
        missingRows: 3,
        serverComplete: false,
        serverError: "",
        reboots: 0,
        powerCuts: 0,
      },
    ],
  });
  const input = [...junitOf([report], `fuota replay "a & b".json`)].join("");
  const xpath = "string(//testcase[2]/failure/@message)";
  const run = spawnSync("xmllint", ["--xpath", xpath, "-"], { input, encoding: "utf8" });
  expect(run.error).toBeUndefined();
  expect(run.stderr).toBe("");
  expect(run.stdout.trim()).toBe(`failed: <&"'>]]>\ufffd\ufffd\ufffd\u{1F600}, short by 3 rows`);
});
