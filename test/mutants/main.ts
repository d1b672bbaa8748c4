/**
 * `npm run mutants -- [--only TEXT] [--jobs N] [--json FILE]`: puts every mutant of the list into a
 * private copy of the repository, one at a time, and runs the tests that have to notice it.
 *
 * Exit status: 0 every mutant was killed, 1 one survived or no longer applies, 2 unusable arguments.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { mutants } from "./list.ts";
import { type MutantResult, tryMutants } from "./trial.ts";
import { endRuns } from "./vitest-run.ts";

const JOBS_MAX = 2;

function optionsOf() {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      jobs: { type: "string", default: String(JOBS_MAX) },
      json: { type: "string" },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > JOBS_MAX) {
    throw new RangeError(`--jobs ${values.jobs}: 1 to ${JOBS_MAX}`);
  }
  const chosen = mutants.filter(({ name }) => name.includes(values.only));
  if (chosen.length === 0) throw new RangeError(`--only ${values.only}: no such mutant`);
  return { jobs, chosen, json: values.json };
}

function showProgress(done: number, count: number, result?: MutantResult): void {
  if (!process.stderr.isTTY) return;
  const what = result === undefined ? "the tests without mutants" : `${result.name}`;
  process.stderr.write(`\r\x1b[K${done}/${count} ${what}`);
  if (done === count) process.stderr.write("\r\x1b[K");
}

function textOf(results: readonly MutantResult[]): string {
  return results
    .map(({ name, result, by, seconds }) => `${result} ${name}  ${by}  ${seconds} s\n`)
    .join("");
}

async function main(): Promise<number> {
  let options: ReturnType<typeof optionsOf>;
  try {
    options = optionsOf();
  } catch (error) {
    process.stderr.write(`mutants: ${error instanceof Error ? error.message : error}\n`);
    return 2;
  }
  const { jobs, chosen, json } = options;
  const started = performance.now();
  const results = await tryMutants(chosen, jobs, (done, result) => {
    showProgress(done, chosen.length, result);
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  const killed = results.filter(({ result }) => result === "killed").length;
  const failures = results.length - killed;
  if (json !== undefined) {
    const text = JSON.stringify({ seconds, killed, failures, mutants: results }, null, 2);
    writeFileSync(json, `${text}\n`);
  }
  const cases = results.length;
  const figures = `RELIABILITY mutants cases=${cases} seconds=${seconds} failures=${failures}\n`;
  process.stdout.write(textOf(results) + figures);
  return failures === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endRuns();
    process.exit(130);
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`mutants: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
