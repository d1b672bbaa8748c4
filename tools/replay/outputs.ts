import { InputError } from "#tools/errors.ts";
import { jsonOf } from "#tools/report/json.ts";
import type { Report } from "#tools/report/schema.ts";
import { openSink, type Sink } from "#tools/run/sink.ts";
import type { Terminal } from "#tools/terminal.ts";

/** Where a replay goes. What is meant for a machine has standard output to itself. */
export interface ReplayOutputs {
  readonly say: (text: string) => void;
  readonly ndjson: Sink | undefined;
  readonly report: (report: Report) => void;
  readonly close: () => void;
}

/** Throws `InputError`. */
export function openOutputs(
  { json: path, ndjson: linesPath }: { readonly json?: string; readonly ndjson?: string },
  terminal: Terminal,
): ReplayOutputs {
  if (path !== undefined && path === linesPath) {
    throw new InputError(`two outputs cannot go to ${path === "-" ? "standard output" : path}`);
  }
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
