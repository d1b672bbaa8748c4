import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { DevicePorts } from "#agent/device-io.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import type { Dialect } from "#agent/pull/dialect.ts";
import type { PullEffect, PullEvent, PullNote, PullTimerId } from "#agent/pull/events.ts";
import { PullDevice } from "#agent/pull/pull-device.ts";
import type { PullStatus } from "#agent/pull/pull-status.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import { Board, type BootedImage } from "#sim/fleet/board.ts";
import type { FaultTarget, FlashFaultKind } from "#sim/fleet/faults.ts";
import type { FirmwareDefect } from "#sim/fleet/firmware.ts";
import { Oscillator } from "#sim/fleet/oscillator.ts";
import { Timeline } from "#sim/fleet/timeline.ts";
import { DeviceTimers } from "#sim/fleet/timers.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
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

/** A pulling device with its board, its clock and its link. */
export class PullNode implements FaultTarget {
  readonly id: number;
  readonly observed = new PullObserved();
  readonly timeline: Timeline;
  readonly #parts: PullNodeParts;
  readonly #oscillator = new Oscillator(0);
  readonly #timers: DeviceTimers<PullTimerId>;
  readonly #board: Board;
  #link: PullLink | undefined;
  #device: PullDevice | undefined;
  #lastStatus: PullStatus | undefined;
  #offlineUntil = 0;

  constructor(id: number, parts: PullNodeParts) {
    this.id = id;
    this.#parts = parts;
    this.timeline = new Timeline(parts.scheduler);
    const { timeline } = this;
    this.#board = new Board(
      id,
      { ...parts, boot: parts.ports.boot, oscillator: this.#oscillator, timeline },
      { start: (decision) => this.#start(decision), stop: () => this.#stop() },
    );
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

  get reboots(): number {
    return this.#board.reboots;
  }

  get powerCuts(): number {
    return this.#board.powerCuts;
  }

  get isBricked(): boolean {
    return this.#board.isBricked;
  }

  get isOffline(): boolean {
    return this.#board.isMute || this.#parts.scheduler.now < this.#offlineUntil;
  }

  get runningImage(): ImageIdentity | undefined {
    return this.#board.runningImage;
  }

  /** Runs the firmware, and has confirmed it. */
  get isUpdated(): boolean {
    return this.#board.isUpdated;
  }

  /** Of this life, or of the last one. */
  status(): PullStatus | undefined {
    return this.#device?.status() ?? this.#lastStatus;
  }

  powerOn(): void {
    this.#board.powerOn();
  }

  #start(decision: BootedImage): void {
    const { scheduler, ports, config, originUnixMs, oracles } = this.#parts;
    const unixMs = originUnixMs + Math.floor(scheduler.now / 1000);
    this.observed.lifeBegan();
    this.#device = new PullDevice(config, ports, this.#parts.newDialect(), { decision, unixMs });
    this.step({ type: "boot", at: 0 });
    oracles.requireWear();
  }

  failPower(forUs: number): void {
    this.#board.failPower(forUs);
  }

  reset(cause?: string): void {
    this.#board.reset(cause);
  }

  sicken(fault: FlashFaultKind, times: number): void {
    this.#board.sicken(fault, times);
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
      this.#board.failed(error);
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

  #stop(): void {
    this.#lastStatus = this.#device?.status() ?? this.#lastStatus;
    this.#device = undefined;
    this.#parts.oracles.lifeEnded(undefined);
    this.#timers.clearAll();
    this.#link?.halt();
  }
}
