import { InputError } from "#tools/errors.ts";
import type { Terminal } from "#tools/terminal.ts";
import { openSink, type Sink } from "./sink.ts";

/** Where the outputs of a run go. */
export interface OutputOptions {
  readonly json?: string;
  readonly ndjson?: string;
  readonly junit?: string;
  readonly trace?: string;
  readonly html?: string;
}

export interface Sinks {
  readonly json: Sink | undefined;
  readonly ndjson: Sink | undefined;
  readonly junit: Sink | undefined;
  readonly trace: Sink | undefined;
  readonly html: Sink | undefined;
  readonly usesStdout: boolean;
}

/** Throws `InputError`. */
export function openSinks(options: OutputOptions, terminal: Pick<Terminal, "out">): Sinks {
  const { json, ndjson, junit, trace, html } = options;
  const paths = [json, ndjson, junit, trace, html].filter((path) => path !== undefined);
  const repeated = paths.find((path, index) => paths.indexOf(path) !== index);
  if (repeated !== undefined) {
    throw new InputError(
      `two outputs cannot go to ${repeated === "-" ? "standard output" : repeated}`,
    );
  }
  const open = (path: string | undefined) =>
    path === undefined ? undefined : openSink(path, terminal.out);
  return {
    json: open(json),
    ndjson: open(ndjson),
    junit: open(junit),
    trace: open(trace),
    html: open(html),
    usesStdout: paths.includes("-"),
  };
}

export function closeSinks({ json, ndjson, junit, trace, html }: Sinks): void {
  for (const sink of [json, ndjson, junit, trace, html]) sink?.close();
}
