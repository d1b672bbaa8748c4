import type { BootDecision, ImageIdentity } from "#agent/boot/strategy.ts";
import { Device } from "#agent/device.ts";
import type { DeviceEffect, DeviceEvent, DeviceNote, TimerId } from "#agent/events.ts";
import type { DeviceStatus } from "#agent/status.ts";
import { PowerLoss } from "#hal/ports.ts";
import type { Scheduled, WorldUs } from "#sim/kernel/engine.ts";
import type { EndDeviceMac, ModemEvent } from "#sim/mac/end-device.ts";
import type { AgentEvent } from "#sim/personas/border.ts";
import { mayStillBoot } from "./boot-of.ts";
import type { FlashFaultKind } from "./faults.ts";
import { endOf, sameHash } from "./firmware.ts";
import { ModemLink } from "./modem-link.ts";
import type { NodeParts } from "./node-parts.ts";
import { describeBoot, describeNote, type TimelineEntry } from "./notes.ts";
import { Observed } from "./observed.ts";
import { Oscillator } from "./oscillator.ts";
import { RealTimeClock } from "./real-time-clock.ts";
import { sickenFlash } from "./sick-flash.ts";
import { BOOT_TIME_US, CUT_WITHIN_US, drawCut } from "./supply-cut.ts";
import { Timeline } from "./timeline.ts";
import { DeviceTimers } from "./timers.ts";

/**
 * One device and its hardware: supply, oscillator, flash, modem. The shell that drives the agent in
 * virtual time, and the only one who knows whether it has power.
 */
export class FleetNode {
  readonly id: number;
  readonly #parts: NodeParts;
  readonly #oscillator: Oscillator;
  readonly #timers: DeviceTimers;
  #mac: EndDeviceMac | undefined;
  #device: Device | undefined;
  #decision: BootDecision | undefined;
  #lastStatus: DeviceStatus | undefined;
  readonly #rtc: RealTimeClock;
  readonly #link: ModemLink;
  #wake: Scheduled | undefined;
  #deafUntil = 0;
  #offForUs = BOOT_TIME_US;
  #hasPower = false;
  #firstOnUs: WorldUs | undefined;
  #deafImage = false;
  readonly observed = new Observed();
  isJoined = false;
  reboots = -1;
  powerCuts = 0;
  readonly #timeline: Timeline;

  constructor(id: number, parts: NodeParts) {
    this.id = id;
    this.#parts = parts;
    this.#timeline = new Timeline(parts.scheduler);
    this.#oscillator = new Oscillator(parts.driftPpm);
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

  get bricked(): boolean {
    return this.#decision !== undefined && !this.#decision.ok;
  }

  get runningImage(): ImageIdentity | undefined {
    return this.#decision?.ok === true ? this.#decision.image : undefined;
  }

  /** Runs the sent image, and has confirmed it. */
  get updated(): boolean {
    const image = this.runningImage;
    if (image === undefined || !sameHash(image, this.#parts.updateHash)) return false;
    return this.#parts.ports.boot.report().pending === undefined && !this.bricked;
  }

  get isListening(): boolean {
    const isOn = this.#device !== undefined && !this.#deafImage;
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

  /** Switches the supply on: bootloader first, then the image it chose. */
  powerOn(): void {
    this.#wake = undefined;
    this.#hasPower = true;
    this.#firstOnUs ??= this.#parts.scheduler.now;
    this.#parts.flash.powerOn();
    this.reboots += 1;
    try {
      this.#decision = this.#parts.ports.boot.boot();
    } catch (error) {
      this.#onThrow(error);
      return;
    }
    if (!this.#decision.ok) {
      this.log("bricked: nothing bootable");
      return;
    }
    this.#oscillator.restart(this.#parts.scheduler.now);
    this.#runImage(this.#decision);
  }

  #runImage(decision: BootDecision & { readonly ok: true }): void {
    const { now } = this.#parts.scheduler;
    const isSent = sameHash(decision.image, this.#parts.updateHash);
    this.log(describeBoot(decision));
    const { config, defect, ports } = this.#parts;
    const end = endOf(defect);
    if (isSent && end !== undefined) {
      this.#wakeAt(now + end.afterUs, () => {
        this.log(end.words);
        this.powerOn();
      });
      return;
    }
    this.#deafImage = isSent && defect === "noNetwork";
    const life = { decision, rtcGps: this.#rtc.gpsAt(now), rtcSynced: this.#rtc.isSynced };
    try {
      this.#device = new Device(config, ports, life);
    } catch (error) {
      this.#onThrow(error);
      return;
    }
    this.post({ type: "boot", at: this.#uptime });
    this.#parts.oracles.lifeBegan(this.#device?.status(), decision.image);
  }

  /** Takes the supply away now, for `forUs`. */
  cutPower(forUs: number, isMidStep = false): void {
    this.powerCuts += 1;
    this.log("power cut");
    this.#hasPower = false;
    this.#parts.flash.powerOff();
    this.#rtc.losePower(this.#parts.scheduler.now);
    this.#stop(isMidStep);
    this.#wakeAt(this.#parts.scheduler.now + forUs, () => this.powerOn());
  }

  /** The supply fails in the next flash operation and leaves it as a draw says, or else soon. */
  failPower(forUs: number): void {
    if (!this.#hasPower) return;
    const { flash, seed, scheduler } = this.#parts;
    const { powerCuts } = this;
    flash.cutAt(flash.operations, drawCut(seed, this.id, powerCuts));
    this.#offForUs = forUs;
    scheduler.schedule(scheduler.now + CUT_WITHIN_US, () => {
      if (this.powerCuts === powerCuts) this.cutPower(forUs);
    });
  }

  /** A warm reset, as by a pin or a watchdog: the clock goes on. */
  reset(cause = "reset"): void {
    if (!this.#hasPower) return;
    this.#keepClock();
    this.log(cause);
    this.#stop();
    this.#wakeAt(this.#parts.scheduler.now + BOOT_TIME_US, () => this.powerOn());
  }

  sicken(fault: FlashFaultKind, times: number): void {
    this.log(`flash: ${fault} ${times}`);
    sickenFlash(this.#parts.flash, fault, times);
  }

  /** Hears nothing for a while (antenna off). */
  deafen(forUs: number): void {
    this.log(`hears nothing for ${forUs / 1e6} s`);
    this.#deafUntil = Math.max(this.#deafUntil, this.#parts.scheduler.now + forUs);
  }

  /** From the modem. */
  onMac(event: ModemEvent): void {
    if (event.type === "joined") this.isJoined = true;
    if (this.#device !== undefined && !this.#deafImage) this.#link.fromModem(event);
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
      this.#onThrow(error);
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
        if (!this.#deafImage) this.#link.fromAgent(effect);
    }
  }

  #observe(note: DeviceNote): void {
    this.log(describeNote(note));
    this.observed.take(note, () => this.energyJ);
    this.#link.note(note);
  }

  #onThrow(error: unknown): void {
    if (!(error instanceof PowerLoss)) throw error;
    this.log("power failed during a flash operation");
    this.cutPower(this.#offForUs, true);
  }

  #stop(isMidStep = false): void {
    const status = this.#device?.status();
    this.#parts.oracles.lifeEnded(isMidStep ? undefined : status);
    this.#lastStatus = status ?? this.#lastStatus;
    this.#device = undefined;
    this.#timers.clearAll();
    this.#link.reset();
    if (this.#wake !== undefined) this.#parts.scheduler.cancel(this.#wake);
    this.#mac?.reset();
  }

  #wakeAt(at: number, run: () => void): void {
    this.#wake = this.#parts.scheduler.schedule(at, run);
  }

  #keepClock(): void {
    const clock = this.#device?.clockAt(this.#uptime);
    if (clock !== undefined) this.#rtc.follow(clock, this.#parts.scheduler.now);
  }
}
