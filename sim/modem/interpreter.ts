import type { Scheduler } from "#sim/kernel/engine.ts";
import type { CommandLine } from "./command-line.ts";
import type { ModemNvm } from "./modem-nvm.ts";
import type { ModemRadio, RadioEvent } from "./modem-radio.ts";
import type { ModemProfile } from "./profiles.ts";

/** What the firmware of every family has. */
export interface FirmwareParts {
  readonly profile: ModemProfile;
  readonly scheduler: Scheduler;
  readonly radio: ModemRadio;
  readonly nvm: ModemNvm;
  readonly input: CommandLine;
  /** A line, ended as the family ends it. */
  print(text: string): void;
  /** The firmware is not there any more. Left out: it always is. */
  isLost?(): boolean;
}

/** The command interpreter of one family of modems. */
export interface Interpreter {
  /** After a reset: its banner. */
  start(): void;
  execute(line: string): void;
  onRadio(event: RadioEvent): void;
}
