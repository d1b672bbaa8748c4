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

/** Of all outputs, wanted or not. */
export function outputPathsOf(options: OutputOptions): readonly (string | undefined)[] {
  const { json, ndjson, junit, trace, html } = options;
  return [json, ndjson, junit, trace, html];
}

export function openSinks(options: OutputOptions, terminal: Pick<Terminal, "out">): Sinks {
  const { json, ndjson, junit, trace, html } = options;
  const open = (path: string | undefined) =>
    path === undefined ? undefined : openSink(path, terminal.out);
  return {
    json: open(json),
    ndjson: open(ndjson),
    junit: open(junit),
    trace: open(trace),
    html: open(html),
    usesStdout: outputPathsOf(options).includes("-"),
  };
}

export function closeSinks({ json, ndjson, junit, trace, html }: Sinks): void {
  for (const sink of [json, ndjson, junit, trace, html]) sink?.close();
}
