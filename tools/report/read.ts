import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { accepts, readSchema } from "#tools/json-schema.ts";
import { explain, printable } from "#tools/scenario/explain.ts";
import type { Report } from "./schema.ts";

/** Below the longest string that the engine can hold. */
const REPORT_BYTES_MAX = 400_000_000;
const RUNS_MAX = 10_000;

const reportSchema = readSchema(new URL("../../docs/report.schema.json", import.meta.url));

/** The runs of a report file: one, or as many as `--repeat` made. Throws `InputError`. */
export function readReports(path: string): readonly Report[] {
  const value = readJson(path);
  return hasRuns(value) ? value.runs.map((run) => asReport(run, path)) : [asReport(value, path)];
}

/** A report of any kind, not yet looked at. Throws `InputError`. */
export function readJson(path: string): unknown {
  return parseJson(readInputFile(path, REPORT_BYTES_MAX), path);
}

function hasRuns(value: unknown): value is { readonly runs: readonly unknown[] } {
  if (typeof value !== "object" || value === null || !("runs" in value)) return false;
  return Array.isArray(value.runs) && value.runs.length > 0 && value.runs.length <= RUNS_MAX;
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new InputError(`${path}: is not JSON: ${printable(error.message).slice(0, 120)}`);
    }
    if (error instanceof TypeError) throw new InputError(`${path}: is not UTF-8 text`);
    throw error;
  }
}

function asReport(value: unknown, path: string): Report {
  if (isReport(value)) return value;
  const problem = explain(reportSchema, value);
  const name = printable(problem?.path.join(".").slice(0, 80) ?? "");
  throw new InputError(`${path}: is not a report: ${name} ${problem?.text ?? "is not valid"}`);
}

function isReport(value: unknown): value is Report {
  return accepts(reportSchema, value);
}
