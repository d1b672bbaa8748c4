import { Command } from "commander";
import { EXIT, InputError } from "#tools/errors.ts";
import { accepts, readSchema } from "#tools/json-schema.ts";
import { readJson, readReports } from "#tools/report/read.ts";
import { openSink } from "#tools/run/sink.ts";
import type { SweepReport } from "#tools/sweep/schema.ts";
import type { Terminal } from "#tools/terminal.ts";
import { diffReports, diffText, isSameVerdict } from "./report-diff.ts";
import { diffSweeps, sweepDiffText } from "./sweep-diff.ts";

const sweepSchema = readSchema(new URL("../../docs/sweep.schema.json", import.meta.url));

export function diffCommand(terminal: Terminal): Command {
  return new Command("diff")
    .description("what came out otherwise between two reports, of runs or of sweeps")
    .argument("<before>", "a report that --json has written")
    .argument("<after>", "another one")
    .option("--json <file>", "writes the difference; - is standard output")
    .action((before: string, after: string, { json }: { json?: string }) => {
      const { text, difference, isSame } = compare(before, after);
      (json === "-" ? terminal.err : terminal.out)(text);
      if (json !== undefined) {
        const sink = openSink(json, terminal.out);
        sink.write(`${JSON.stringify(difference, undefined, 1)}\n`);
        sink.close();
      }
      process.exitCode = isSame ? EXIT.ok : EXIT.failed;
    });
}

function compare(before: string, after: string) {
  const sweeps = [before, after].map((path) => asSweep(readJson(path)));
  const [a, b] = sweeps;
  if (a !== undefined && b !== undefined) {
    const changes = diffSweeps(a, b);
    return { text: sweepDiffText(changes), difference: changes, isSame: changes.length === 0 };
  }
  if (a !== undefined || b !== undefined) {
    throw new InputError(`${before}, ${after}: one is a sweep and the other a run`);
  }
  const diff = diffReports(onlyRun(before), onlyRun(after));
  return { text: diffText(diff), difference: diff, isSame: isSameVerdict(diff) };
}

function onlyRun(path: string) {
  const [report, second] = readReports(path);
  if (report !== undefined && second === undefined) return report;
  throw new InputError(`${path}: holds several runs; compare one with one`);
}

function asSweep(value: unknown): SweepReport | undefined {
  return isSweep(value) ? value : undefined;
}

function isSweep(value: unknown): value is SweepReport {
  return accepts(sweepSchema, value);
}
