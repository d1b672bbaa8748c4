import type { BootDecision, ImageIdentity } from "#agent/boot/strategy.ts";
import type { DevicePorts } from "#agent/device-io.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import type { Dialect } from "#agent/pull/dialect.ts";
import type { PullEffect, PullEvent, PullNote, PullTimerId } from "#agent/pull/events.ts";
import { PullDevice } from "#agent/pull/pull-device.ts";
import type { PullStatus } from "#agent/pull/pull-status.ts";
import { PowerLoss } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import type { FaultTarget, FlashFaultKind } from "#sim/fleet/faults.ts";
import { endOf, type FirmwareDefect, sameHash } from "#sim/fleet/firmware.ts";
import { describeBoot } from "#sim/fleet/notes.ts";
import { Oscillator } from "#sim/fleet/oscillator.ts";
import { sickenFlash } from "#sim/fleet/sick-flash.ts";
import { BOOT_TIME_US, CUT_WITHIN_US, drawCut } from "#sim/fleet/supply-cut.ts";
import { Timeline } from "#sim/fleet/timeline.ts";
import { DeviceTimers } from "#sim/fleet/timers.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { DeviceOracles } from "#sim/oracles/device-oracles.ts";
import type { LinkNews, PullLink } from "./link.ts";
import { noteText } from "./note-text.ts";
import { PullObserved } from "./observed.ts";

export interface PullNodeParts {
  readonly scheduler: Scheduler;
  readonly flash: NorFlash;
  readonly ports: DevicePorts;
  readonly oracles: DeviceOracles;
  readonly config: PullConfig;
  /** Unix time when the world began. */
  readonly originUnixMs: number;
  readonly seed: number;
  /** Hash of the firmware and what is wrong with it when it runs. */
  readonly updateHash: Uint8Array;
  readonly defect: FirmwareDefect;
  newDialect(): Dialect;
}

/** News of nobody at the other end. */
const ENDINGS: readonly LinkNews["type"][] = [
  "httpFailed",
  "mqttClosed",
  "coapFailed",
  "fetchFailed",
];

/** A pulling device with its supply, its clock, its flash and its link. */
export class PullNode implements FaultTarget {
  readonly id: number;
  readonly observed = new PullObserved();
  reboots = -1;
  powerCuts = 0;
  readonly timeline: Timeline;
  readonly #parts: PullNodeParts;
  readonly #oscillator = new Oscillator(0);
  readonly #timers: DeviceTimers<PullTimerId>;
  #link: PullLink | undefined;
  #device: PullDevice | undefined;
  #decision: BootDecision | undefined;
  #lastStatus: PullStatus | undefined;
  #wake: Scheduled | undefined;
  #hasPower = false;
  #offForUs = BOOT_TIME_US;
  #offlineUntil = 0;
  #isDeafImage = false;

  constructor(id: number, parts: PullNodeParts) {
    this.id = id;
    this.#parts = parts;
    this.timeline = new Timeline(parts.scheduler);
    this.#timers = new DeviceTimers(parts.scheduler, this.#oscillator, (timer, at) => {
      this.step({ type: "timer", id: timer, at });
    });
  }

  attach(link: PullLink): void {
    this.#link = link;
  }

  get link(): PullLink {
    if (this.#link === undefined) throw new RangeError("a node without a link");
    return this.#link;
  }

  get uptime(): number {
    return this.#oscillator.uptimeAt(this.#parts.scheduler.now);
  }

  get isBricked(): boolean {
    return this.#decision !== undefined && !this.#decision.ok;
  }

  get isOffline(): boolean {
    return this.#isDeafImage || this.#parts.scheduler.now < this.#offlineUntil;
  }

  get runningImage(): ImageIdentity | undefined {
    return this.#decision?.ok === true ? this.#decision.image : undefined;
  }

  /** Runs the firmware, and has confirmed it. */
  get isUpdated(): boolean {
    const image = this.runningImage;
    if (image === undefined || !sameHash(image, this.#parts.updateHash)) return false;
    return this.#parts.ports.boot.report().pending === undefined;
  }

  /** Of this life, or of the last one. */
  status(): PullStatus | undefined {
    return this.#device?.status() ?? this.#lastStatus;
  }

  powerOn(): void {
    const { scheduler, ports, flash } = this.#parts;
    this.#wake = undefined;
    this.#hasPower = true;
    flash.powerOn();
    this.reboots += 1;
    try {
      this.#decision = ports.boot.boot();
    } catch (error) {
      this.#onThrow(error);
      return;
    }
    if (!this.#decision.ok) {
      this.timeline.add("bricked: nothing bootable");
      return;
    }
    this.#oscillator.restart(scheduler.now);
    this.#runImage(this.#decision);
  }

  #runImage(decision: BootDecision & { readonly ok: true }): void {
    const { scheduler, ports, config, originUnixMs, updateHash, defect, oracles } = this.#parts;
    const isNew = sameHash(decision.image, updateHash);
    this.timeline.add(describeBoot(decision));
    const end = endOf(defect);
    if (isNew && end !== undefined) {
      this.#wakeAt(scheduler.now + end.afterUs, () => {
        this.timeline.add(end.words);
        this.powerOn();
      });
      return;
    }
    this.#isDeafImage = isNew && defect === "noNetwork";
    const unixMs = originUnixMs + Math.floor(scheduler.now / 1000);
    this.observed.lifeBegan();
    try {
      this.#device = new PullDevice(config, ports, this.#parts.newDialect(), { decision, unixMs });
    } catch (error) {
      this.#onThrow(error);
      return;
    }
    this.step({ type: "boot", at: 0 });
    oracles.requireWear();
  }

  /** A warm reset, as by a pin or a watchdog. */
  reset(cause = "reset"): void {
    if (!this.#hasPower) return;
    this.timeline.add(cause);
    this.#stop();
    this.#wakeAt(this.#parts.scheduler.now + BOOT_TIME_US, () => this.powerOn());
  }

  /** The supply fails in the next flash operation and leaves it as a draw says, or else soon. */
  failPower(forUs: number): void {
    if (!this.#hasPower) return;
    const { flash, seed, scheduler } = this.#parts;
    const { powerCuts } = this;
    flash.cutAt(flash.operations, drawCut(seed, this.id, powerCuts));
    this.#offForUs = forUs;
    scheduler.schedule(scheduler.now + CUT_WITHIN_US, () => {
      if (this.powerCuts === powerCuts) this.#cutPower(forUs);
    });
  }

  sicken(fault: FlashFaultKind, times: number): void {
    this.timeline.add(`flash: ${fault} ${times}`);
    sickenFlash(this.#parts.flash, fault, times);
  }

  /** Has no link for a while. */
  deafen(forUs: number): void {
    this.timeline.add(`no link for ${forUs / 1e6} s`);
    this.#offlineUntil = Math.max(this.#offlineUntil, this.#parts.scheduler.now + forUs);
  }

  /** From its link. */
  hear(news: LinkNews): void {
    const isAnswer = !ENDINGS.includes(news.type);
    if (isAnswer) this.observed.hasAnswer = true;
    this.step({ ...news, at: this.uptime });
  }

  step(event: PullEvent): void {
    const device = this.#device;
    if (device === undefined) return;
    try {
      for (const effect of device.step(event)) {
        this.#perform(effect);
        if (this.#device !== device) return;
      }
    } catch (error) {
      this.#onThrow(error);
    }
  }

  #perform(effect: PullEffect): void {
    switch (effect.type) {
      case "setTimer":
        this.#timers.set(effect.id, effect.at);
        break;
      case "clearTimer":
        this.#timers.clear(effect.id);
        break;
      case "note":
        this.#note(effect.note);
        break;
      case "reboot":
        this.reset(`reboots (${effect.reason})`);
        break;
      default:
        this.link.perform(effect);
    }
  }

  #note(note: PullNote): void {
    this.timeline.add(noteText(note));
    this.observed.take(note);
  }

  #cutPower(forUs: number): void {
    this.powerCuts += 1;
    this.timeline.add("power cut");
    this.#hasPower = false;
    this.#parts.flash.powerOff();
    this.#stop();
    this.#wakeAt(this.#parts.scheduler.now + forUs, () => this.powerOn());
  }

  #onThrow(error: unknown): void {
    if (!(error instanceof PowerLoss)) throw error;
    this.timeline.add("power failed during a flash operation");
    this.#cutPower(this.#offForUs);
  }

  #stop(): void {
    this.#lastStatus = this.#device?.status() ?? this.#lastStatus;
    this.#device = undefined;
    this.#parts.oracles.lifeEnded(undefined);
    this.#timers.clearAll();
    this.#link?.halt();
    if (this.#wake !== undefined) this.#parts.scheduler.cancel(this.#wake);
  }

  #wakeAt(at: number, run: () => void): void {
    this.#wake = this.#parts.scheduler.schedule(at, run);
  }
}
