import type { Expectation, Report, ReportedDevice } from "./schema.ts";

/** Of a run; open: it was stopped, or is one of several shards. */
type Verdict = "met" | "failed" | "open";

/**
 * JUnit's XML: a suite per run, a case per expectation and per device that was not updated. Such a
 * device is a failure only if the run's verdict is: a scenario may expect it. Where there is none, it
 * is skipped, so that nobody takes a run that was stopped for one that passed.
 */
export function* junitOf(reports: readonly Report[], replay: string): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="fuota">\n';
  for (const report of reports) yield* suiteOf(report, replay);
  yield "</testsuites>\n";
}

function* suiteOf(report: Report, replay: string): Generator<string> {
  const { scenario, seed, expectations, devices, wallSeconds } = report;
  const failedExpectations = expectations.filter(({ ok }) => !ok).length;
  const verdict = verdictOf(report);
  const lagging = devices.filter(({ state }) => state !== "updated");
  const failures = failedExpectations + (verdict === "failed" ? lagging.length : 0);
  const skipped = verdict === "open" ? lagging.length : 0;
  const name = escapeXml(`${scenario.name} seed ${seed}`);
  const tests = expectations.length + lagging.length;
  yield `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}" time="${wallSeconds}">\n`;
  for (const expectation of expectations) yield expectationCase(name, expectation, replay);
  for (const device of lagging) yield deviceCase(name, device, verdict);
  yield "  </testsuite>\n";
}

function verdictOf({ expectations, interrupted, shard }: Report): Verdict {
  if (interrupted || shard !== null) return "open";
  return expectations.every(({ ok }) => ok) ? "met" : "failed";
}

function expectationCase(suite: string, expectation: Expectation, replay: string): string {
  const { name, ok, expected, actual } = expectation;
  const open = `    <testcase classname="${suite}" name="expect ${escapeXml(name)}"`;
  if (ok) return `${open}/>\n`;
  const message = escapeXml(`expected ${expected}, actual ${actual}`);
  return `${open}>\n      <failure message="${message}">${escapeXml(replay)}</failure>\n    </testcase>\n`;
}

function deviceCase(suite: string, device: ReportedDevice, verdict: Verdict): string {
  const { id, devEui, state, reason, missingRows } = device;
  const open = `    <testcase classname="${suite}" name="${escapeXml(`device ${id} ${devEui}`.trimEnd())}"`;
  const rows = missingRows > 0 ? `, short by ${missingRows} rows` : "";
  const message = escapeXml(`${state}: ${reason ?? "unknown"}${rows}`);
  const inner = {
    failed: `<failure message="${message}"/>`,
    met: `<system-out>as the scenario expects: ${message}</system-out>`,
    open: `<skipped message="not decided: ${message}"/>`,
  }[verdict];
  return `${open}>\n      ${inner}\n    </testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Escapes what XML gives a meaning, and replaces what XML 1.0 cannot hold at all. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}");
}
