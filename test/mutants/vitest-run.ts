import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** How a run of test files ended. */
export type TestOutcome =
  | { readonly type: "passed"; readonly tests: number }
  /** `by`: the first test that failed, as `file › name`. */
  | { readonly type: "failed"; readonly by: string }
  | { readonly type: "timeOut" }
  /** Nothing ran: a file does not load. */
  | { readonly type: "broken"; readonly message: string };

/** The parts of vitest's JSON report that count. */
interface JsonReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const vitest = join(
  dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
  "vitest.mjs",
);
const REPORT = "mutant-report.json";

/** Groups of processes that are running, to be ended with this one. */
const running = new Set<number>();

export function endRuns(): void {
  for (const group of running) endGroup(group);
}

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Runs test files of the repository in `root`, one after the other, up to the first failure. */
export async function runTests(
  root: string,
  tests: readonly string[],
  timeoutMs: number,
): Promise<TestOutcome> {
  const reportPath = join(root, REPORT);
  rmSync(reportPath, { force: true });
  const args = [
    vitest,
    "run",
    "--reporter=json",
    `--outputFile=${reportPath}`,
    "--no-file-parallelism",
    "--cache=false",
    "--bail=1",
    ...tests,
  ];
  const isOverdue = await exitOf(args, root, timeoutMs);
  if (isOverdue) return { type: "timeOut" };
  if (!existsSync(reportPath)) return { type: "broken", message: "vitest left no report" };
  const report: JsonReport = JSON.parse(readFileSync(reportPath, "utf8"));
  return outcomeOf(report, root, tests);
}

/** Waits for the end of vitest and all it started; returns whether they had to be ended. */
function exitOf(args: readonly string[], cwd: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: "ignore", detached: true });
    const { pid } = child;
    let isOverdue = false;
    if (pid !== undefined) running.add(pid);
    const timer = setTimeout(() => {
      isOverdue = true;
      if (pid !== undefined) endGroup(pid);
    }, timeoutMs);
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      resolve(isOverdue);
    });
  });
}

function outcomeOf(report: JsonReport, root: string, tests: readonly string[]): TestOutcome {
  const order = ({ name }: { readonly name: string }) => tests.indexOf(relative(root, name));
  const files = [...report.testResults].sort((a, b) => order(a) - order(b));
  for (const { name, assertionResults } of files) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    if (failed === undefined) continue;
    const by = [relative(root, name), ...failed.ancestorTitles, failed.title].join(" › ");
    return { type: "failed", by };
  }
  const broken = files.find(({ status }) => status === "failed");
  if (broken !== undefined) return { type: "broken", message: broken.message };
  const missing = tests.filter((path) => !files.some(({ name }) => relative(root, name) === path));
  if (missing.length > 0) {
    return { type: "broken", message: `not in git, or no tests: ${missing.join(", ")}` };
  }
  return { type: "passed", tests: report.numTotalTests };
}
