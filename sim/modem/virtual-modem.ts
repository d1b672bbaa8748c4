import type { Scheduler } from "#sim/kernel/engine.ts";
import { ClassicModem } from "./classic-modem.ts";
import { CommandLine } from "./command-line.ts";
import { E5Modem } from "./e5-modem.ts";
import type { FirmwareParts, Interpreter } from "./interpreter.ts";
import type { ModemNvm } from "./modem-nvm.ts";
import type { ModemRadio, RadioEvent } from "./modem-radio.ts";
import type { ModemProfile } from "./profiles.ts";
import { RakModem } from "./rak-modem.ts";

export interface VirtualModemParts {
  readonly profile: ModemProfile;
  readonly scheduler: Scheduler;
  readonly radio: ModemRadio;
  readonly nvm: ModemNvm;
  /** To the UART. */
  readonly emit: (bytes: Uint8Array) => void;
}

/** A LoRa modem as its host sees it: bytes in, bytes out. Nothing that a host sends makes it throw. */
export class VirtualModem {
  readonly #input: CommandLine;
  readonly #interpreter: Interpreter;

  constructor(parts: VirtualModemParts) {
    const { profile, emit } = parts;
    this.#input = new CommandLine(profile.lineMaxBytes, emit);
    const print = (text: string) => emit(latin1(`${text}\r\n`));
    this.#interpreter = interpreterOf({ ...parts, input: this.#input, print });
  }

  powerOn(): void {
    this.#input.clear();
    this.#interpreter.start();
  }

  receive(bytes: Uint8Array): void {
    this.#input.push(bytes, (line) => this.#interpreter.execute(line));
  }

  onRadio(event: RadioEvent): void {
    this.#interpreter.onRadio(event);
  }
}

function interpreterOf(parts: FirmwareParts): Interpreter {
  switch (parts.profile.family) {
    case "rui3":
    case "rak3172v1":
      return new RakModem(parts);
    case "e5":
      return new E5Modem(parts);
    case "classic":
      return new ClassicModem(parts);
    default:
      return parts.profile.family satisfies never;
  }
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
