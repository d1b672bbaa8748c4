import type { Entropy } from "#hal/ports.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { threshold } from "#sim/kernel/draws.ts";
import type { Scheduled } from "#sim/kernel/engine.ts";
import type { FirmwareParts, Interpreter } from "./interpreter.ts";
import type { RadioEvent } from "./modem-radio.ts";

const RESET_COMMAND = /^(ATZ|AT\+RESET|at\+set_config=device:restart)$/i;
const ADD_GROUP = /^AT\+(ADDMULC=|LW=MC,ON)/i;
const BANNER = /^(Current [Ww]ork|Initialization OK)/;
const BOOT_LOOP_US = 2_000_000;

const us = (seconds: number) => Math.round(seconds * 1e6);

/**
 * Firmware with the defects of a scenario around the one of a profile. Those of a life begin anew with
 * each start; a power cut mends what a reset does not.
 */
export class SickFirmware implements Interpreter {
  readonly #troubles: ModemTroubles;
  readonly #parts: FirmwareParts;
  readonly #entropy: Entropy;
  readonly #inner: Interpreter;
  readonly #late: number;
  #timers: Scheduled[] = [];
  #isDead = false;
  #isExecuting = false;
  #saysOnlyA = false;
  #deafUntilUs = 0;
  #commandResets = 0;
  #starts = 0;
  #loopsLeft: number;
  #refusalsLeft: number;

  /** `make`: the firmware of the profile, which prints through what it is given. */
  constructor(
    troubles: ModemTroubles,
    parts: FirmwareParts,
    entropy: Entropy,
    make: (parts: FirmwareParts) => Interpreter,
  ) {
    this.#troubles = troubles;
    this.#parts = parts;
    this.#entropy = entropy;
    this.#late = threshold(troubles.lateAnswers?.probability ?? 0);
    this.#loopsLeft = troubles.bootLoops ?? 0;
    this.#refusalsLeft = troubles.groupRefusals ?? 0;
    this.#inner = make({ ...parts, print: (text) => this.print(text) });
  }

  /** Nobody is at its line any more, nor watches over it, until the power is cut. */
  leave(): void {
    for (const timer of this.#timers.splice(0)) this.#parts.scheduler.cancel(timer);
    this.#die();
  }

  /** Whether bytes to it and from it are lost. */
  get isDead(): boolean {
    return this.#isDead || this.#parts.scheduler.now < this.#deafUntilUs;
  }

  start(): void {
    this.#inner.start();
    this.#begin();
  }

  /** It has started: what is wrong with it begins anew. */
  #begin(): void {
    const { restartEveryS, uartDiesAfterS, deafAfterResetS = 0, bootGlitches = 0 } = this.#troubles;
    const { scheduler, input, profile } = this.#parts;
    for (const timer of this.#timers.splice(0)) scheduler.cancel(timer);
    if (this.#starts === 0) this.#cutPowerLater();
    this.#starts += 1;
    this.#saysOnlyA = this.#starts <= bootGlitches;
    this.#deafUntilUs = scheduler.now + us(deafAfterResetS);
    const isRak = profile.family === "rui3" || profile.family === "rak3172v1";
    // Theirs is a setting.
    if (!isRak) input.isEchoing = this.#troubles.echo === true;
    if (this.#loopsLeft > 0) {
      this.#loopsLeft -= 1;
      this.#deafUntilUs = scheduler.now + BOOT_LOOP_US;
      this.#later(BOOT_LOOP_US, () => this.restart());
      return;
    }
    if (restartEveryS !== undefined) this.#later(us(restartEveryS), () => this.restart());
    if (uartDiesAfterS !== undefined) this.#later(us(uartDiesAfterS), () => this.#die());
  }

  restart(): void {
    this.#parts.radio.reset();
    this.#parts.input.clear();
    this.start();
  }

  powerCut(): void {
    const { nvm, isLost } = this.#parts;
    this.#isDead = isLost?.() === true;
    this.#commandResets = 0;
    this.#loopsLeft = this.#troubles.bootLoops ?? 0;
    if (this.#troubles.forgetsSettings === true) {
      nvm.devEui = new Uint8Array(8);
      nvm.joinEui = new Uint8Array(8);
      nvm.appKey = new Uint8Array(16);
      for (const name of Object.keys(nvm.settings)) delete nvm.settings[name];
      nvm.groups.splice(0);
    }
    this.restart();
  }

  execute(line: string): void {
    if (this.isDead) return;
    if (this.#saysOnlyA) {
      this.#parts.print("A");
      return;
    }
    if (ADD_GROUP.test(line) && this.#refusalsLeft > 0) {
      this.#refusalsLeft -= 1;
      this.print(this.#parts.profile.family === "e5" ? "+LW: ERROR(-1)" : "AT_PARAM_ERROR");
      return;
    }
    this.#isExecuting = true;
    this.#inner.execute(line);
    this.#isExecuting = false;
    if (!RESET_COMMAND.test(line)) return;
    this.#begin();
    this.#countReset();
  }

  onRadio(event: RadioEvent): void {
    this.#inner.onRadio(event);
  }

  #countReset(): void {
    this.#commandResets += 1;
    const { deafAfterResets } = this.#troubles;
    if (deafAfterResets !== undefined && this.#commandResets >= deafAfterResets) this.#die();
  }

  #cutPowerLater(): void {
    const { powerCutEveryS } = this.#troubles;
    const { scheduler } = this.#parts;
    if (powerCutEveryS === undefined) return;
    scheduler.schedule(scheduler.now + us(powerCutEveryS), () => {
      this.powerCut();
      this.#cutPowerLater();
    });
  }

  #die(): void {
    this.#isDead = true;
  }

  /** Unless nothing of it is heard. */
  print(text: string): void {
    const isBanner = BANNER.test(text);
    if (this.#isDead || this.#saysOnlyA || (this.isDead && !isBanner)) return;
    if (isBanner && this.#troubles.saysNoBanner === true) return;
    const { print } = this.#parts;
    const isLate = this.#isExecuting && this.#entropy.below("late", 2 ** 32) < this.#late;
    if (!isLate) print(text);
    else this.#later(us(this.#troubles.lateAnswers?.byS ?? 0), () => print(text));
  }

  #later(inUs: number, run: () => void): void {
    const { scheduler } = this.#parts;
    this.#timers.push(scheduler.schedule(scheduler.now + inUs, run));
  }
}
