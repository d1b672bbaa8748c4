import { writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { Command } from "commander";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";
import { commandPrefix } from "#tools/run/replay-text.ts";
import { shellWord } from "#tools/run/words.ts";
import type { Terminal } from "#tools/terminal.ts";
import { initialScenario } from "./initial.ts";
import { schemaPath } from "./shipped.ts";

/** `fuota init`: a scenario to start from. */
export function initCommand(terminal: Terminal): Command {
  return new Command("init")
    .description("writes a commented scenario to start from")
    .argument("[file]", "- is standard output", "scenario.yaml")
    .option("--force", "replaces a file that is there already")
    .action((path: string, { force }: { force?: boolean }) => {
      const folder = path === "-" ? "." : dirname(path);
      const way = relative(resolve(folder), schemaPath()).replaceAll("\\", "/");
      const text = initialScenario(way.startsWith(".") ? way : `./${way}`);
      if (path === "-") return terminal.out(text);
      try {
        writeFileSync(path, text, { flag: force === true ? "w" : "wx" });
      } catch (error) {
        const reason = fileReasonOf(error);
        if (reason === undefined) throw error;
        const mend = reason === "exists already" ? "; --force replaces it" : "";
        throw new InputError(`cannot write ${path}: ${reason}${mend}`);
      }
      terminal.out(`wrote ${path}; run it with: ${commandPrefix()} run ${shellWord(path)}\n`);
    });
}
