import { Command, type CommanderError } from "commander";
import { benchCommand } from "./bench/bench.ts";
import { fecCommand } from "./fec.ts";
import { imageCommand } from "./image.ts";
import { replayCommand } from "./replay/command.ts";
import { mergeCommand } from "./report/merge-command.ts";
import { type RunParts, runCommand } from "./run/command.ts";
import { initCommand } from "./scenario/init-command.ts";

/** The command line: one verb per line, nothing that does not work yet. */
export function buildProgram(parts: RunParts): Command {
  const program = new Command("fuota")
    .description("A reference end device for firmware updates over the air, and the lab around it")
    .version(parts.version)
    // So that --version behind a verb is the verb's own.
    .enablePositionalOptions()
    .addCommand(runCommand(parts), { isDefault: true })
    .addCommand(initCommand(parts.terminal))
    .addCommand(replayCommand(parts))
    .addCommand(mergeCommand(parts.terminal))
    .addCommand(fecCommand())
    .addCommand(imageCommand(parts.terminal))
    .addCommand(benchCommand());
  speakInOneLine(program, parts);
  return program;
}

/** Commander's own complaints become what all others are: one line, `fuota: …`, and a status. */
function speakInOneLine(command: Command, parts: RunParts): void {
  const { terminal } = parts;
  command.exitOverride();
  command.configureOutput({
    writeOut: terminal.out,
    writeErr: terminal.err,
    outputError: (text, write) => write(`fuota: ${oneLine(text)}\n`),
  });
  for (const subcommand of command.commands) speakInOneLine(subcommand, parts);
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/\p{Cc}/gu, "?");
}

/** Help and version are asked for; the rest of what commander throws is wrong usage. */
export function isAskedFor({ exitCode }: CommanderError): boolean {
  return exitCode === 0;
}
