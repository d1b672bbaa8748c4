#!/usr/bin/env node
import { CommanderError } from "commander";
import { EXIT, InputError, RefusedError, systemCodeOf } from "./errors.ts";
import { interruption } from "./interruption.ts";
import { buildProgram, isAskedFor } from "./program.ts";
import type { RunParts } from "./run/command.ts";
import { firmwareSizesOf } from "./run/images.ts";
import { simulateInWorkers } from "./run/simulate-in-workers.ts";
import { processTerminal } from "./terminal.ts";
import { readVersion } from "./version.ts";

// A reader that has seen enough, like `head`, is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (systemCodeOf(error) !== "EPIPE") throw error;
    process.exit();
  });
}

const terminal = processTerminal();
const parts: RunParts = {
  simulate: simulateInWorkers,
  firmwareSizesOf,
  terminal,
  version: readVersion(),
  now: () => performance.now(),
  interruption,
};

try {
  const args = process.argv.slice(2);
  const program = await buildProgram(parts, args);
  await program.parseAsync(args, { from: "user" });
} catch (error) {
  process.exitCode = statusOf(error);
}

/** Says what went wrong. Anything that is not an input or the outside world is a bug, and crashes. */
function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return isAskedFor(error) ? EXIT.ok : EXIT.unusableInput;
  if (error instanceof InputError || error instanceof RefusedError) {
    terminal.err(`fuota: ${error.message.replace(/\s*\n\s*/g, " ")}\n`);
    return error instanceof InputError ? EXIT.unusableInput : EXIT.refused;
  }
  terminal.err(`fuota: this is a bug in fuota, please report it with the following\n`);
  terminal.err(`${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.bug;
}
