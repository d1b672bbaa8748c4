import type { AirRecord } from "#sim/fleet/air-record.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { Report } from "./schema.ts";

/**
 * A report as text, in pieces: one line per top-level key, per cell and per device, so that two
 * reports can be compared with `diff` and a large fleet never passes through one string.
 */
export function* jsonOf(report: Report): Generator<string> {
  const { cells, devices, ...head } = report;
  yield "{\n";
  for (const [key, value] of Object.entries(head)) yield `  "${key}": ${JSON.stringify(value)},\n`;
  yield* listOf("cells", cells);
  yield ",\n";
  yield* listOf("devices", devices);
  yield "\n}\n";
}

function* listOf(key: string, items: readonly unknown[]): Generator<string> {
  yield `  "${key}": [`;
  for (const [index, item] of items.entries()) {
    yield `${index === 0 ? "" : ","}\n    ${JSON.stringify(item)}`;
  }
  yield items.length === 0 ? "]" : "\n  ]";
}

/** Several runs in one document. */
export function* jsonOfRuns(reports: Iterable<Report>): Generator<string> {
  yield '{"schemaVersion": 1, "runs": [\n';
  let separator = "";
  for (const report of reports) {
    yield separator;
    yield* jsonOf(report);
    separator = ",\n";
  }
  yield "]}\n";
}

/** One line per device, with its timeline; in a live run also what became of the frames to it. */
export function ndjsonLine(
  scenario: string,
  seed: number,
  device: DeviceResult & { readonly air?: AirRecord },
): string {
  return `${JSON.stringify({ scenario, seed, ...device })}\n`;
}
