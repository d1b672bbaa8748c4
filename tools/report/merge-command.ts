import { Command } from "commander";
import { EXIT, InputError } from "#tools/errors.ts";
import { commandPrefix } from "#tools/run/replay-text.ts";
import { openSink } from "#tools/run/sink.ts";
import { summaryText } from "#tools/run/summary.ts";
import { shellWord } from "#tools/run/words.ts";
import { parseScenario } from "#tools/scenario/load.ts";
import type { Terminal } from "#tools/terminal.ts";
import { jsonOf } from "./json.ts";
import { mergeReports, type ShardReport } from "./merge.ts";
import { readReports } from "./read.ts";

/** `fuota merge`: the shards of a run become the run. */
export function mergeCommand(terminal: Terminal): Command {
  return new Command("merge")
    .description("joins the reports of all shards of a run, and decides its expectations")
    .argument("<report...>", "files that run --shard i/n --json has written")
    .requiredOption("--json <file>", "writes the report of the whole run")
    .action((paths: string[], { json }: { json: string }) => {
      const shards = paths.map(shardReport);
      const text = shards[0]?.report.scenario.text ?? "";
      const loaded = parseScenario(text, `${paths[0]} (scenario)`);
      const report = mergeReports(shards, loaded);
      const sink = openSink(json, terminal.out);
      for (const piece of jsonOf(report)) sink.write(piece);
      sink.close();
      const replay = `${commandPrefix()} replay ${shellWord(json)}`;
      const say = json === "-" ? terminal.err : terminal.out;
      say(summaryText(report, loaded.scenario, replay));
      process.exitCode = report.expectations.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
    });
}

function shardReport(path: string): ShardReport {
  const [report, second] = readReports(path);
  if (report === undefined || second !== undefined) {
    throw new InputError(`${path}: holds several runs; merge the shards of one`);
  }
  return { path, report };
}
