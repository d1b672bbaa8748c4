/**
 * `npm run reliability [-- --only TEXT]`: runs every suite that prints figures (they use `Tally`, or
 * print a line `RELIABILITY …` like it), then the mutants, and rewrites the tables of
 * docs/reliability.md. With TEXT: the test files and mutants that have it in their names; the other
 * rows stay.
 *
 * Exit status: 0, or 1 when a suite failed or a mutant survived; the tables say so then.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { filesInGit, root } from "../mutants/house-copy.ts";
import { mutants } from "../mutants/list.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { tryMutants } from "../mutants/trial.ts";
import { endRuns } from "../mutants/vitest-run.ts";
import {
  generatedIn,
  mergedMutants,
  mergedSuites,
  mutantTable,
  suiteTable,
  withGenerated,
} from "./document.ts";
import { figuresIn, type SuiteFigures } from "./figures.ts";

const DOCUMENT = join(root, "docs/reliability.md");
const JOBS = 2;

/** Test files that print figures: those of `npm test` first. */
function suiteFiles(): readonly string[] {
  const files = filesInGit().filter((path) => {
    if (!path.endsWith(".test.ts") || /^test\/(mutants|reliability)\//.test(path)) return false;
    return /RELIABILITY|reliability\/tally/.test(readFileSync(join(root, path), "utf8"));
  });
  return files.sort((a, b) => Number(isSoak(a)) - Number(isSoak(b)) || (a < b ? -1 : 1));
}

const isSoak = (path: string) => path.startsWith("test/soak/");

interface SuiteRun {
  readonly figures: readonly SuiteFigures[];
  readonly isGood: boolean;
}

/** Runs one test file and shows its output. */
function runSuite(path: string): Promise<SuiteRun> {
  const vitest = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
  const config = isSoak(path) ? "vitest.soak.config.ts" : "vitest.config.ts";
  // A path behind the flag would be taken for its value, and every suite would run.
  const args = ["run", path, "--config", config, "--disable-console-intercept"];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(vitest, "vitest.mjs"), ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
      process.stdout.write(data);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const figures = figuresIn(output);
      const isGood = code === 0 && figures.length > 0;
      resolve({ figures, isGood });
    });
  });
}

/** Runs them {@link JOBS} at a time; results in the order of the files. */
async function runSuites(paths: readonly string[]): Promise<readonly SuiteRun[]> {
  const runs: SuiteRun[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < paths.length; index = next++) {
      const path = paths[index];
      if (path === undefined) return;
      const run = await runSuite(path);
      runs[index] = run;
      const said = run.isGood ? "" : "FAILED, or printed no figures: ";
      process.stderr.write(`--- ${said}${path}\n`);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, work));
  return runs;
}

function write(name: "suites" | "mutants", merge: (old: string) => string): void {
  const document = readFileSync(DOCUMENT, "utf8");
  const text = merge(generatedIn(document, name));
  writeFileSync(DOCUMENT, withGenerated(document, name, text));
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
  const { only } = values;
  const runs = await runSuites(suiteFiles().filter((path) => path.includes(only)));
  const figures: SuiteFigures[] = runs.flatMap((run) => run.figures);
  const isGood = runs.every((run) => run.isGood);
  const writeSuites = () =>
    write("suites", (old) => mergedSuites(only === "" ? "" : old, suiteTable(figures)));
  // The mutants take long; what is known is not lost with them.
  writeSuites();
  const chosen = mutants.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) return isGood ? 0 : 1;
  const isKilled = await runMutants(chosen, (seconds, failures) => {
    if (only !== "") return;
    figures.push({ suite: "mutants", cases: chosen.length, seconds, failures });
    writeSuites();
  });
  return isGood && isKilled ? 0 : 1;
}

async function runMutants(
  chosen: readonly Mutant[],
  onEnd: (seconds: number, failures: number) => void,
): Promise<boolean> {
  process.stderr.write(`--- ${chosen.length} mutants\n`);
  const started = performance.now();
  const results = await tryMutants(chosen, JOBS, (done, result) => {
    if (result !== undefined && result.result !== "killed") {
      process.stderr.write(`${result.result} ${result.name}: ${result.by}\n`);
    } else if (done % 20 === 0) process.stderr.write(`${done}/${chosen.length}\n`);
  });
  const failures = results.filter(({ result }) => result !== "killed").length;
  onEnd((performance.now() - started) / 1000, failures);
  const names = new Set(mutants.map(({ name }) => name));
  write("mutants", (old) => mergedMutants(old, mutantTable(results), names));
  return failures === 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endRuns();
    process.exit(130);
  });
}
process.exitCode = await main();
