import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommanderError } from "commander";
import { InputError } from "#tools/errors.ts";
import { buildProgram } from "#tools/program.ts";
import type { RunParts } from "#tools/run/command.ts";
import type { Simulate } from "#tools/run/simulation.ts";
import { FakeTerminal, fakeParts } from "./fake-fleet.ts";

export const scenario = `name: fake
devices:
  count: 30
  perCell: 5
campaign:
  redundancyPercent: 10
expect:
  updated: all
`;

/** The command line in a folder of its own, without a process. */
export class CommandBench {
  readonly folder = mkdtempSync(join(tmpdir(), "fuota-run-"));
  terminal = new FakeTerminal();

  readonly #parts: Partial<RunParts>;

  /** `parts`: those that are not fakes. */
  constructor(parts: Partial<RunParts> = {}) {
    this.#parts = parts;
    this.write("fake.yaml", scenario);
    this.write("one-cell.yaml", scenario.replace("  perCell: 5\n", ""));
    this.write("short.yaml", scenario.replace("updated: all", "shortOfRowsMin: 2"));
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.at(name), "utf8");
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.at(name), content);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Exit status of one command. */
  async fuota(simulate: Simulate, ...args: string[]): Promise<number> {
    process.exitCode = undefined;
    const parts = { ...fakeParts(this.terminal, simulate), ...this.#parts };
    const program = await buildProgram(parts, args);
    await program.parseAsync(args, { from: "user" });
    const status = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    return status;
  }

  /** What a command complains of. */
  async complaint(simulate: Simulate, ...args: string[]): Promise<string> {
    try {
      await this.fuota(simulate, ...args);
    } catch (error) {
      if (error instanceof InputError) return error.message;
      if (error instanceof CommanderError) return this.terminal.stderr;
      throw error;
    } finally {
      process.exitCode = undefined;
    }
    return "none";
  }
}
