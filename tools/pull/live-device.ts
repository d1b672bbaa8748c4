import { BankBoot } from "#agent/boot/bank-boot.ts";
import type { BootStrategy, Region } from "#agent/boot/strategy.ts";
import type { DevicePorts } from "#agent/device-io.ts";
import { flashReader } from "#agent/flash/flash-reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import type { PullConfig } from "#agent/pull/config.ts";
import type { Dialect } from "#agent/pull/dialect.ts";
import type { PullEffect, PullEvent, PullNote, PullTimerId } from "#agent/pull/events.ts";
import { PullDevice } from "#agent/pull/pull-device.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { RefusedError } from "#tools/errors.ts";
import type { StoredDevice } from "./device-folder.ts";
import type { Post, PullLink } from "./link.ts";

const TRIALS = 3;
/** `setTimeout` fires at once beyond 24.8 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface LiveEvents {
  readonly onNote: (note: PullNote, device: PullDevice) => void;
  /** Nothing is left to do until the next poll. */
  readonly onIdle: () => void;
  /** A step threw. */
  readonly onBug: (error: unknown) => void;
}

/** A pulling device on real time and a real network; the process is its hardware. */
export class LiveDevice {
  readonly #config: PullConfig;
  readonly #newDialect: () => Dialect;
  readonly #link: PullLink;
  readonly #events: LiveEvents;
  readonly #ports: DevicePorts;
  readonly #timers = new Map<PullTimerId, NodeJS.Timeout>();
  readonly #queue: PullEvent[] = [];
  #device: PullDevice | undefined;
  #bootMs = 0;
  #isStepping = false;

  constructor(
    stored: StoredDevice,
    config: PullConfig,
    newDialect: () => Dialect,
    newLink: (post: Post) => PullLink,
    events: LiveEvents,
  ) {
    this.#config = config;
    this.#newDialect = newDialect;
    this.#link = newLink((event) => this.#post({ ...event, at: this.#now }));
    this.#events = events;
    const { flash, layout } = stored;
    const crypto = new NodeCrypto();
    const boot = bootOf(stored, crypto);
    this.#ports = { flash, layout, crypto, entropy: new SystemEntropy(), boot };
  }

  /** Throws `RefusedError` when nothing is left to boot. */
  powerOn(): void {
    this.#halt();
    const decision = this.#ports.boot.boot();
    if (!decision.ok) throw new RefusedError("no image in either bank can be booted");
    this.#bootMs = performance.now();
    const life = { decision, unixMs: Date.now() };
    this.#device = new PullDevice(this.#config, this.#ports, this.#newDialect(), life);
    this.#post({ type: "boot", at: 0 });
  }

  powerOff(): void {
    this.#halt();
    this.#device = undefined;
  }

  #halt(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#link.halt();
    this.#queue.length = 0;
  }

  get #now(): number {
    return Math.floor((performance.now() - this.#bootMs) * 1000);
  }

  /** A step never begins within another. */
  #post(event: PullEvent): void {
    this.#queue.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const device = this.#device;
        if (device === undefined) return;
        for (const effect of [...device.step(next)]) this.#perform(effect, device);
        if (device === this.#device && device.status().isIdle) this.#events.onIdle();
      }
    } catch (error) {
      this.powerOff();
      this.#events.onBug(error);
    } finally {
      this.#isStepping = false;
    }
  }

  #perform(effect: PullEffect, device: PullDevice): void {
    // Notes may end the process; a reboot ends this life.
    if (this.#device !== device) return;
    switch (effect.type) {
      case "setTimer":
        this.#clear(effect.id);
        this.#arm(effect.id, effect.at);
        break;
      case "clearTimer":
        this.#clear(effect.id);
        break;
      case "note":
        this.#events.onNote(effect.note, device);
        break;
      case "reboot":
        this.powerOn();
        break;
      default:
        this.#link.perform(effect);
    }
  }

  #arm(id: PullTimerId, at: number): void {
    const delayMs = Math.min(Math.max(0, Math.ceil((at - this.#now) / 1000)), TIMER_MAX_MS);
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      if (this.#now < at) this.#arm(id, at);
      else this.#post({ type: "timer", at: this.#now, id });
    }, delayMs);
    this.#timers.set(id, timer);
  }

  #clear(id: PullTimerId): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
}

function bootOf({ flash, layout, keys }: StoredDevice, crypto: NodeCrypto): BootStrategy {
  const verify = (region: Region, securityCounterMin: number) => {
    const policy = { keys, securityCounterMin, ignoresRestOfSlot: true };
    const verdict = verifyImage(flashReader(flash, region), policy, crypto);
    return verdict.ok ? verdict : ({ ok: false } as const);
  };
  return new BankBoot(flash, layout, verify, { attemptsMax: TRIALS });
}
