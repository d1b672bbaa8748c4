import type { Entropy } from "#hal/ports.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import { BusyRadio } from "./busy-radio.ts";
import { ClassicModem } from "./classic-modem.ts";
import { CommandLine } from "./command-line.ts";
import { E5Modem } from "./e5-modem.ts";
import { FaultyLine } from "./faulty-line.ts";
import type { FirmwareParts, Interpreter } from "./interpreter.ts";
import type { ModemNvm } from "./modem-nvm.ts";
import type { ModemRadio, RadioEvent } from "./modem-radio.ts";
import { OwnFuota, type OwnFuotaNeeds } from "./own-fuota.ts";
import type { ModemProfile } from "./profiles.ts";
import { RakModem } from "./rak-modem.ts";
import { SickFirmware } from "./sick-firmware.ts";

export interface VirtualModemParts {
  readonly profile: ModemProfile;
  readonly scheduler: Scheduler;
  readonly radio: ModemRadio;
  readonly nvm: ModemNvm;
  readonly troubles: ModemTroubles;
  /** Of the troubles. */
  readonly entropy: Entropy;
  /** Left out: none of its own. */
  readonly ownFuota?: OwnFuotaNeeds | undefined;
  /** To the UART. */
  readonly emit: (bytes: Uint8Array) => void;
}

/** So long after the last byte it sleeps. */
const SLEEP_US = 1_000_000;

/** A LoRa modem as its host sees it: bytes in, bytes out. Nothing that a host sends makes it throw. */
export class VirtualModem {
  readonly #input: CommandLine;
  readonly #firmware: SickFirmware;
  readonly #ownFuota: OwnFuota | undefined;
  readonly #lineIn: FaultyLine;
  readonly #parts: VirtualModemParts;
  #heardAtUs = 0;

  constructor(parts: VirtualModemParts) {
    const { profile, troubles, entropy, radio, scheduler, nvm } = parts;
    this.#parts = parts;
    this.#lineIn = new FaultyLine(troubles, entropy, "in");
    const lineOut = new FaultyLine(troubles, entropy, "out");
    const emit = (bytes: Uint8Array) => parts.emit(lineOut.pass(bytes));
    this.#input = new CommandLine(profile.lineMaxBytes, emit);
    const { busy = 0 } = troubles;
    const ownFuota =
      parts.ownFuota &&
      new OwnFuota({
        ...parts.ownFuota,
        scheduler,
        nvm,
        radio,
        print: (text) => this.#firmware.print(text),
        leave: () => this.#firmware.leave(),
      });
    const hostRadio = ownFuota?.radio ?? radio;
    this.#ownFuota = ownFuota;
    const firmware: FirmwareParts = {
      profile,
      scheduler,
      radio: busy > 0 ? new BusyRadio(hostRadio, busy, entropy) : hostRadio,
      nvm,
      input: this.#input,
      print: (text) => emit(latin1(`${text}\r\n`)),
      isLost: () => ownFuota?.isOverwritten === true,
    };
    this.#firmware = new SickFirmware(troubles, firmware, entropy, interpreterOf);
  }

  powerOn(): void {
    this.#input.clear();
    this.#firmware.start();
  }

  /** Its power is gone for a moment, or its reset pin was pulled. */
  powerCut(): void {
    this.#firmware.powerCut();
  }

  receive(bytes: Uint8Array): void {
    if (this.#firmware.isDead) return;
    const isAsleep = this.#isAsleep;
    this.#heardAtUs = this.#parts.scheduler.now;
    const heard = this.#lineIn.pass(isAsleep ? bytes.subarray(1) : bytes);
    this.#input.push(heard, (line) => this.#firmware.execute(line));
  }

  onRadio(event: RadioEvent): void {
    const marked = this.#ownFuota?.mark(event) ?? event;
    this.#firmware.onRadio(marked);
    this.#ownFuota?.onRadio(marked);
  }

  /** RUI3 can be told to stay awake. */
  get #isAsleep(): boolean {
    const { troubles, nvm, scheduler } = this.#parts;
    if (troubles.sleeps !== true || nvm.settings["LPM"] === "0") return false;
    return scheduler.now - this.#heardAtUs > SLEEP_US;
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
