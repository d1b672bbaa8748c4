import type { BootDecision, BootStrategy, ImageIdentity } from "#agent/boot/strategy.ts";
import { PowerLoss } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { FlashFaultKind } from "./faults.ts";
import { endOf, type FirmwareDefect, sameHash } from "./firmware.ts";
import { describeBoot } from "./notes.ts";
import type { Oscillator } from "./oscillator.ts";
import { sickenFlash } from "./sick-flash.ts";
import { BOOT_TIME_US, CUT_WITHIN_US, drawCut } from "./supply-cut.ts";
import type { Timeline } from "./timeline.ts";

export interface BoardParts {
  readonly scheduler: Scheduler;
  readonly flash: NorFlash;
  readonly boot: BootStrategy;
  readonly oscillator: Oscillator;
  readonly timeline: Timeline;
  readonly seed: number;
  /** Hash of the image being sent and what is wrong with it when it runs. */
  readonly updateHash: Uint8Array;
  readonly defect: FirmwareDefect;
}

export type BootedImage = BootDecision & { readonly ok: true };

/** What runs on a board. */
export interface Firmware {
  /** A life begins. May throw `PowerLoss`. */
  start(decision: BootedImage): void;
  /** It is over. `cut`: without power; `cutMidStep`: and in the middle of what it did. */
  stop(how: "reset" | "cut" | "cutMidStep"): void;
}

/**
 * Supply, reset line, bootloader and flash of a device, whatever it is for: the only one who knows
 * whether there is power.
 */
export class Board {
  reboots = -1;
  powerCuts = 0;
  /** The image that runs reaches nobody. */
  isMute = false;
  readonly #id: number;
  readonly #parts: BoardParts;
  readonly #firmware: Firmware;
  #decision: BootDecision | undefined;
  #wake: Scheduled | undefined;
  #hasPower = false;
  #offForUs = BOOT_TIME_US;

  constructor(id: number, parts: BoardParts, firmware: Firmware) {
    this.#id = id;
    this.#parts = parts;
    this.#firmware = firmware;
  }

  get isBricked(): boolean {
    return this.#decision !== undefined && !this.#decision.ok;
  }

  get runningImage(): ImageIdentity | undefined {
    return this.#decision?.ok === true ? this.#decision.image : undefined;
  }

  /** Runs the image that is sent, and has confirmed it. */
  get isUpdated(): boolean {
    const image = this.runningImage;
    if (image === undefined || !sameHash(image, this.#parts.updateHash)) return false;
    return this.#parts.boot.report().pending === undefined;
  }

  /** Switches the supply on: bootloader first, then the image it chose. */
  powerOn(): void {
    const { scheduler, flash, boot, oscillator, timeline } = this.#parts;
    this.#wake = undefined;
    this.#hasPower = true;
    flash.powerOn();
    this.reboots += 1;
    try {
      this.#decision = boot.boot();
      if (!this.#decision.ok) {
        timeline.add("bricked: nothing bootable");
        return;
      }
      oscillator.restart(scheduler.now);
      this.#run(this.#decision);
    } catch (error) {
      this.failed(error);
    }
  }

  /** A warm reset, as by a pin or a watchdog. */
  reset(cause = "reset"): void {
    if (!this.#hasPower) return;
    this.#parts.timeline.add(cause);
    this.#stop("reset", BOOT_TIME_US);
  }

  /** The supply is gone now, for `forUs`. */
  cutPower(forUs: number, how: "cut" | "cutMidStep" = "cut"): void {
    this.powerCuts += 1;
    this.#parts.timeline.add("power cut");
    this.#hasPower = false;
    this.#parts.flash.powerOff();
    this.#stop(how, forUs);
  }

  /** The supply fails in the next flash operation and leaves it as a draw says, or else soon. */
  failPower(forUs: number): void {
    if (!this.#hasPower) return;
    const { flash, seed, scheduler } = this.#parts;
    const { powerCuts } = this;
    flash.cutAt(flash.operations, drawCut(seed, this.#id, powerCuts));
    this.#offForUs = forUs;
    scheduler.schedule(scheduler.now + CUT_WITHIN_US, () => {
      if (this.powerCuts === powerCuts) this.cutPower(forUs);
    });
  }

  sicken(fault: FlashFaultKind, times: number): void {
    this.#parts.timeline.add(`flash: ${fault} ${times}`);
    sickenFlash(this.#parts.flash, fault, times);
  }

  /** What ran threw this. Whatever is no loss of power is a bug. */
  failed(error: unknown): void {
    if (!(error instanceof PowerLoss)) throw error;
    this.#parts.timeline.add("power failed during a flash operation");
    this.cutPower(this.#offForUs, "cutMidStep");
  }

  #run(decision: BootedImage): void {
    const { scheduler, timeline, updateHash, defect } = this.#parts;
    const isSent = sameHash(decision.image, updateHash);
    timeline.add(describeBoot(decision));
    const end = endOf(defect);
    if (isSent && end !== undefined) {
      this.#wake = scheduler.schedule(scheduler.now + end.afterUs, () => {
        timeline.add(end.words);
        this.powerOn();
      });
      return;
    }
    this.isMute = isSent && defect === "noNetwork";
    this.#firmware.start(decision);
  }

  #stop(how: "reset" | "cut" | "cutMidStep", forUs: number): void {
    const { scheduler } = this.#parts;
    this.#firmware.stop(how);
    if (this.#wake !== undefined) scheduler.cancel(this.#wake);
    this.#wake = scheduler.schedule(scheduler.now + forUs, () => this.powerOn());
  }
}
