import { jsonOf } from "#tools/report/json.ts";
import type { Report } from "#tools/report/schema.ts";
import { inputsOf, requireSeparate } from "#tools/run/separate-files.ts";
import { openSink, type Sink } from "#tools/run/sink.ts";
import type { Terminal } from "#tools/terminal.ts";
import type { ReplayOptions } from "./prepared.ts";

/** Where a replay goes. What is meant for a machine has standard output to itself. */
export interface ReplayOutputs {
  readonly say: (text: string) => void;
  readonly ndjson: Sink | undefined;
  readonly report: (report: Report) => void;
  readonly close: () => void;
}

/** Throws `InputError`. */
export function openOutputs(
  recordedPath: string,
  options: ReplayOptions,
  terminal: Terminal,
): ReplayOutputs {
  const { json: path, ndjson: linesPath } = options;
  requireSeparate([path, linesPath], inputsOf(options, [recordedPath]));
  const open = (name: string | undefined) =>
    name === undefined ? undefined : openSink(name, terminal.out);
  const json = open(path);
  const ndjson = open(linesPath);
  return {
    say: path === "-" || linesPath === "-" ? terminal.err : terminal.out,
    ndjson,
    report: (report) => {
      if (json !== undefined) for (const piece of jsonOf(report)) json.write(piece);
    },
    close: () => {
      json?.close();
      ndjson?.close();
    },
  };
}
