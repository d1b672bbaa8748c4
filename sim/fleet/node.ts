import type { ImageIdentity } from "#agent/boot/strategy.ts";
import { Device } from "#agent/device.ts";
import type { DeviceEffect, DeviceEvent, DeviceNote, TimerId } from "#agent/events.ts";
import type { DeviceStatus } from "#agent/status.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { EndDeviceMac, ModemEvent } from "#sim/mac/end-device.ts";
import type { AgentEvent } from "#sim/personas/border.ts";
import { Board, type BootedImage, type Firmware } from "./board.ts";
import { mayStillBoot } from "./boot-of.ts";
import type { FlashFaultKind } from "./faults.ts";
import { ModemLink } from "./modem-link.ts";
import type { NodeParts } from "./node-parts.ts";
import { describeNote, type TimelineEntry } from "./notes.ts";
import { Observed } from "./observed.ts";
import { Oscillator } from "./oscillator.ts";
import { RealTimeClock } from "./real-time-clock.ts";
import { Timeline } from "./timeline.ts";
import { DeviceTimers } from "./timers.ts";

/** One device and its hardware: board, oscillator, modem. The shell that drives the agent in virtual time. */
export class FleetNode {
  readonly id: number;
  readonly #parts: NodeParts;
  readonly #oscillator: Oscillator;
  readonly #timers: DeviceTimers;
  #mac: EndDeviceMac | undefined;
  readonly #board: Board;
  #device: Device | undefined;
  #lastStatus: DeviceStatus | undefined;
  readonly #rtc: RealTimeClock;
  readonly #link: ModemLink;
  #deafUntil = 0;
  #firstOnUs: WorldUs | undefined;
  readonly observed = new Observed();
  isJoined = false;
  readonly #timeline: Timeline;

  constructor(id: number, parts: NodeParts) {
    this.id = id;
    this.#parts = parts;
    this.#timeline = new Timeline(parts.scheduler);
    this.#oscillator = new Oscillator(parts.driftPpm);
    this.#board = new Board(
      id,
      {
        ...parts,
        boot: parts.ports.boot,
        oscillator: this.#oscillator,
        timeline: this.#timeline,
      },
      { start: (decision) => this.#start(decision), stop: (how) => this.#stop(how) },
    );
    this.#link = new ModemLink(parts, {
      status: () => this.#device?.status(),
      clock: () => this.#device?.clockAt(this.#uptime) ?? { gps: 0, synced: false },
      toAgent: (event) => this.#toAgent(event),
      toModem: (effect) => this.mac.perform(effect),
      note: (note) => this.#observe(note),
    });
    this.#rtc = new RealTimeClock(this.#oscillator, parts.rtcGps);
    const fire = (id: TimerId, at: number) => this.post({ type: "timer", at, id });
    const heldUs = (id: TimerId) => this.#link.holdsTimerUs(id);
    this.#timers = new DeviceTimers(parts.scheduler, this.#oscillator, fire, heldUs);
  }

  attach(mac: EndDeviceMac): void {
    this.#mac = mac;
  }

  get mac(): EndDeviceMac {
    if (this.#mac === undefined) throw new RangeError("a node without a modem");
    return this.#mac;
  }

  get reboots(): number {
    return this.#board.reboots;
  }

  get powerCuts(): number {
    return this.#board.powerCuts;
  }

  get bricked(): boolean {
    return this.#board.isBricked;
  }

  get runningImage(): ImageIdentity | undefined {
    return this.#board.runningImage;
  }

  /** Runs the sent image, and has confirmed it. */
  get updated(): boolean {
    return this.#board.isUpdated;
  }

  get isListening(): boolean {
    const isOn = this.#device !== undefined && !this.#board.isMute;
    return isOn && this.#parts.scheduler.now >= this.#deafUntil;
  }

  /** Its update may still come through or fail. */
  get isUndecided(): boolean {
    if (this.updated || this.bricked || this.observed.blockState !== "complete") return false;
    return mayStillBoot(this.#parts.ports.boot.report());
  }

  get #uptime(): number {
    return this.#oscillator.uptimeAt(this.#parts.scheduler.now);
  }

  /** Drawn since the supply was first switched on. */
  get energyJ(): number {
    const { now } = this.#parts.scheduler;
    return this.mac.energyJ(now, this.#firstOnUs ?? now);
  }

  status(): DeviceStatus | undefined {
    return this.#device?.status() ?? this.#lastStatus;
  }

  powerOn(): void {
    this.#firstOnUs ??= this.#parts.scheduler.now;
    this.#board.powerOn();
  }

  #start(decision: BootedImage): void {
    const { config, ports, scheduler, oracles } = this.#parts;
    const life = {
      decision,
      rtcGps: this.#rtc.gpsAt(scheduler.now),
      rtcSynced: this.#rtc.isSynced,
    };
    this.#device = new Device(config, ports, life);
    this.post({ type: "boot", at: this.#uptime });
    oracles.lifeBegan(this.#device?.status(), decision.image);
  }

  cutPower(forUs: number): void {
    this.#board.cutPower(forUs);
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

  /** Hears nothing for a while (antenna off). */
  deafen(forUs: number): void {
    this.log(`hears nothing for ${forUs / 1e6} s`);
    this.#deafUntil = Math.max(this.#deafUntil, this.#parts.scheduler.now + forUs);
  }

  /** From the modem. */
  onMac(event: ModemEvent): void {
    if (event.type === "joined") this.isJoined = true;
    if (this.#device !== undefined && !this.#board.isMute) this.#link.fromModem(event);
  }

  #toAgent(event: AgentEvent): void {
    const at = this.#uptime;
    if (event.type !== "downlink") {
      this.post({ ...event, at });
      return;
    }
    // By far the most frequent: spelt out, it is one object of one shape.
    const { fPort, payload, source, morePending } = event;
    this.post({ type: "downlink", at, fPort, payload, source, morePending });
  }

  post(event: DeviceEvent): void {
    const device = this.#device;
    if (device === undefined) return;
    try {
      this.#parts.probe?.touch(event.type);
      const effects = device.step(event);
      for (let index = 0; index < effects.length; index++) {
        const effect = effects[index] as DeviceEffect;
        this.#parts.probe?.touch(effect.type);
        this.#perform(effect);
        if (this.#device !== device) return;
      }
    } catch (error) {
      this.#board.failed(error);
    }
  }

  log(text: string): void {
    this.#timeline.add(text);
  }

  get timeline(): readonly TimelineEntry[] {
    return this.#timeline.entries;
  }

  #perform(effect: DeviceEffect): void {
    switch (effect.type) {
      case "setTimer":
        this.#timers.set(effect.id, effect.at);
        return;
      case "clearTimer":
        this.#timers.clear(effect.id);
        return;
      case "note":
        this.#observe(effect.note);
        return;
      case "reboot":
        this.reset(`reboots (${effect.reason})`);
        return;
      default:
        if (!this.#board.isMute) this.#link.fromAgent(effect);
    }
  }

  #observe(note: DeviceNote): void {
    this.log(describeNote(note));
    this.observed.take(note, () => this.energyJ);
    this.#link.note(note);
  }

  #stop(how: Parameters<Firmware["stop"]>[0]): void {
    // A warm reset leaves the clock going.
    if (how === "reset") this.#keepClock();
    else this.#rtc.losePower(this.#parts.scheduler.now);
    const status = this.#device?.status();
    this.#parts.oracles.lifeEnded(how === "cutMidStep" ? undefined : status);
    this.#lastStatus = status ?? this.#lastStatus;
    this.#device = undefined;
    this.#timers.clearAll();
    this.#link.reset();
    this.#mac?.reset();
  }

  #keepClock(): void {
    const clock = this.#device?.clockAt(this.#uptime);
    if (clock !== undefined) this.#rtc.follow(clock, this.#parts.scheduler.now);
  }
}
