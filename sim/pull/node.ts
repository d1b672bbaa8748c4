import type { BootDecision } from "#agent/boot/strategy.ts";
import type { DevicePorts } from "#agent/device-io.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import type { Dialect } from "#agent/pull/dialect.ts";
import type { PullEffect, PullEvent, PullNote, PullTimerId } from "#agent/pull/events.ts";
import { PullDevice } from "#agent/pull/pull-device.ts";
import type { PullStatus } from "#agent/pull/pull-status.ts";
import { Oscillator } from "#sim/fleet/oscillator.ts";
import { DeviceTimers } from "#sim/fleet/timers.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import type { SimulatedHttp } from "./http-link.ts";

const BOOT_TIME_US = 500_000;

export interface PullNodeParts {
  readonly scheduler: Scheduler;
  readonly ports: DevicePorts;
  readonly config: PullConfig;
  /** Unix time when the world began. */
  readonly originUnixMs: number;
  newDialect(): Dialect;
  onNote(note: PullNote): void;
}

/** A pulling device with its power and its clock. */
export class PullNode {
  readonly #parts: PullNodeParts;
  readonly #oscillator = new Oscillator(0);
  readonly #timers: DeviceTimers<PullTimerId>;
  #http: SimulatedHttp | undefined;
  #device: PullDevice | undefined;
  #life = 0;

  constructor(parts: PullNodeParts) {
    this.#parts = parts;
    this.#timers = new DeviceTimers(parts.scheduler, this.#oscillator, (id, at) => {
      this.step({ type: "timer", id, at });
    });
  }

  attach(http: SimulatedHttp): void {
    this.#http = http;
  }

  get uptime(): number {
    return this.#oscillator.uptimeAt(this.#parts.scheduler.now);
  }

  get lives(): number {
    return this.#life;
  }

  /** Undefined while it is off. */
  status(): PullStatus | undefined {
    return this.#device?.status();
  }

  powerOn(): void {
    const { scheduler, ports, config, originUnixMs } = this.#parts;
    const decision: BootDecision = ports.boot.boot();
    if (!decision.ok) throw new RangeError("a pulling device is bricked");
    this.#life += 1;
    this.#oscillator.restart(scheduler.now);
    const unixMs = originUnixMs + Math.floor(scheduler.now / 1000);
    const dialect = this.#parts.newDialect();
    this.#device = new PullDevice(config, ports, dialect, { decision, unixMs });
    this.step({ type: "boot", at: 0 });
  }

  /** Power fails between two events, and comes back. */
  reset(): void {
    this.#device = undefined;
    this.#timers.clearAll();
    this.#http?.halt();
    const { scheduler } = this.#parts;
    const life = this.#life;
    scheduler.schedule(scheduler.now + BOOT_TIME_US, () => {
      if (this.#device === undefined && this.#life === life) this.powerOn();
    });
  }

  step(event: PullEvent): void {
    const device = this.#device;
    if (device === undefined) return;
    for (const effect of device.step(event)) this.#perform(effect);
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
        this.#parts.onNote(effect.note);
        break;
      case "reboot":
        this.reset();
        break;
      case "httpRequest":
        this.#http?.request(effect);
        break;
      case "httpCancel":
        this.#http?.halt();
        break;
      default:
        throw new RangeError(`no link for ${effect.type}`);
    }
  }
}
