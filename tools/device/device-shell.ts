import type { BootDecision, ImageIdentity } from "#agent/boot/strategy.ts";
import type { DeviceConfig } from "#agent/config.ts";
import { Device, type DevicePorts } from "#agent/device.ts";
import type { DeviceEffect, DeviceEvent, TimerId } from "#agent/events.ts";
import type { DeviceStatus } from "#agent/status.ts";
import type { RadioEvent, RadioPort } from "#hal/radio-port.ts";
import { describeBoot, describeNote } from "#sim/fleet/notes.ts";
import { RefusedError } from "#tools/errors.ts";
import { gpsNow } from "#tools/fleet/wall-clock.ts";

export interface DeviceShellParts {
  readonly config: DeviceConfig;
  readonly ports: DevicePorts;
  readonly radio: RadioPort;
  readonly say: (text: string) => void;
  /** Whether an image on trial may run. Rejects when that cannot be found out. */
  readonly selfTest: (image: ImageIdentity) => Promise<boolean>;
  /** It cannot go on: nothing is left to boot. */
  readonly onEnd: (cause: Error) => void;
}

const BOOT_MS = 500;
/** `setTimeout` takes no more, and fires at once if asked to. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/**
 * One agent on the clock of this machine: boots the image that its flash says, feeds it events one
 * after the other, does what it asks. A reboot is a new agent on the same flash and the same modem.
 */
export class DeviceShell {
  readonly #parts: DeviceShellParts;
  readonly #timers = new Map<TimerId, NodeJS.Timeout>();
  #device: Device | undefined;
  #bootedAtMs = 0;
  #wake: NodeJS.Timeout | undefined;
  #isStopped = false;
  #hasBootedTrial = false;

  constructor(parts: DeviceShellParts) {
    this.#parts = parts;
  }

  /** Bootloader first, then the image it chose. */
  start(): void {
    const { ports, say, selfTest, onEnd } = this.#parts;
    const decision = ports.boot.boot();
    if (!decision.ok) {
      say("bricked: nothing bootable");
      onEnd(new RefusedError("the flash holds nothing bootable"));
      return;
    }
    say(describeBoot(decision));
    if (!decision.trial) {
      this.#run(decision);
      return;
    }
    const go = (isGood: boolean) => {
      if (this.#isStopped) return;
      if (isGood) this.#run(decision);
      else this.#restart("the self-test failed: reset");
    };
    selfTest(decision.image).then(go).catch(onEnd);
  }

  onRadio(event: RadioEvent): void {
    this.#post({ ...event, at: this.#uptimeUs });
  }

  /** An image runs that has to prove itself. */
  get isTrial(): boolean {
    return this.#hasBootedTrial && this.status()?.boot.pending !== undefined;
  }

  status(): DeviceStatus | undefined {
    return this.#device?.status();
  }

  /** As if its power was cut: what it remembers is in its flash. */
  stop(): void {
    this.#isStopped = true;
    this.#endLife();
  }

  #run(decision: BootDecision & { readonly ok: true }): void {
    const { config, ports } = this.#parts;
    this.#bootedAtMs = performance.now();
    this.#hasBootedTrial = decision.trial;
    const life = { decision, rtcGps: gpsNow().seconds, rtcSynced: false };
    this.#device = new Device(config, ports, life);
    this.#post({ type: "boot", at: 0 });
  }

  get #uptimeUs(): number {
    return Math.floor((performance.now() - this.#bootedAtMs) * 1000);
  }

  #post(event: DeviceEvent): void {
    const device = this.#device;
    if (device === undefined) return;
    // The array is reused by the next step, and an effect may bring one about.
    for (const effect of [...device.step(event)]) {
      this.#perform(effect);
      if (this.#device !== device) return;
    }
  }

  #perform(effect: DeviceEffect): void {
    switch (effect.type) {
      case "setTimer":
        this.#arm(effect.id, effect.at);
        return;
      case "clearTimer":
        this.#clear(effect.id);
        return;
      case "note":
        this.#parts.say(describeNote(effect.note));
        return;
      case "reboot":
        this.#restart(`reboots (${effect.reason})`);
        return;
      case "startClassB":
      case "stopClassB":
        // No modem of these has it; the session will pass unheard.
        this.#parts.say("class B is not for this modem");
        return;
      default:
        this.#parts.radio.perform(effect);
    }
  }

  #arm(id: TimerId, at: number): void {
    this.#clear(id);
    const inMs = Math.max(0, Math.ceil((at - this.#uptimeUs) / 1000));
    const fire = () => {
      this.#timers.delete(id);
      if (this.#uptimeUs < at) this.#arm(id, at);
      else this.#post({ type: "timer", at: this.#uptimeUs, id });
    };
    this.#timers.set(id, setTimeout(fire, Math.min(inMs, TIMEOUT_MAX_MS)));
  }

  #clear(id: TimerId): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  #restart(why: string): void {
    this.#parts.say(why);
    this.#endLife();
    this.#wake = setTimeout(() => this.start(), BOOT_MS);
  }

  #endLife(): void {
    this.#device = undefined;
    clearTimeout(this.#wake);
    for (const id of [...this.#timers.keys()]) this.#clear(id);
  }
}
