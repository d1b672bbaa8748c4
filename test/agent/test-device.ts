import { BankBoot } from "#agent/boot/bank-boot.ts";
import { installFactoryImage } from "#agent/boot/factory.ts";
import type { FlashLayout } from "#agent/boot/layout.ts";
import type { BootDecision, ImageIdentity, Region } from "#agent/boot/strategy.ts";
import type { DeviceConfig } from "#agent/config.ts";
import { Device } from "#agent/device.ts";
import type {
  DeviceEffect,
  DeviceEvent,
  DeviceNote,
  DownlinkSource,
  TimerId,
} from "#agent/events.ts";
import { makeImage } from "#agent/image/make.ts";
import { readerOf } from "#agent/image/reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import type { Flash, FlashGeometry } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import type { NorOptions } from "#sim/flash/nor-options.ts";
import { draw32, drawKey, KeyedEntropy } from "#sim/kernel/draws.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { MacEffect } from "#sim/mac/end-device.ts";
import type { BorderParts, PersonaBorder } from "#sim/personas/border.ts";
import type { PortProbe } from "./port-probe.ts";

export const S = 1_000_000;
export const crypto = new NodeCrypto();
export const signer = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(7));
export const rootSecret = Uint8Array.from({ length: 16 }, (_, index) => 0x2b + index);
export const GPS_AT_START = 1_451_260_818;
export const unicast: DownlinkSource = { type: "unicast" };

const BANK_BYTES = 2048;
const BANK_SECTOR_BYTES = 256;
const OTHER_SECTOR_BYTES = 2048;

export const layout: FlashLayout = {
  banks: [
    { address: 0, sizeBytes: BANK_BYTES },
    { address: BANK_BYTES, sizeBytes: BANK_BYTES },
  ],
  state: [
    { address: 2 * BANK_BYTES, sizeBytes: OTHER_SECTOR_BYTES },
    { address: 3 * BANK_BYTES, sizeBytes: OTHER_SECTOR_BYTES },
  ],
  journal: { address: 4 * BANK_BYTES, sizeBytes: 8 * OTHER_SECTOR_BYTES },
  scratch: { address: 12 * BANK_BYTES, sizeBytes: 3 * OTHER_SECTOR_BYTES },
  auxiliary: [{ address: 15 * BANK_BYTES, sizeBytes: 3 * OTHER_SECTOR_BYTES }],
};

const geometries = new Map<number, FlashGeometry>();

export function geometryFor(granuleBytes: number): FlashGeometry {
  const known = geometries.get(granuleBytes);
  if (known !== undefined) return known;
  const geometry = {
    sizeBytes: 18 * BANK_BYTES,
    granuleBytes,
    sectors: [
      { address: 0, sizeBytes: BANK_SECTOR_BYTES, count: (2 * BANK_BYTES) / BANK_SECTOR_BYTES },
      { address: 2 * BANK_BYTES, sizeBytes: OTHER_SECTOR_BYTES, count: 16 },
    ],
  };
  geometries.set(granuleBytes, geometry);
  return geometry;
}

export function imageOf(version: string, securityCounter: number, payloadBytes: number) {
  const key = drawKey(payloadBytes, securityCounter, version);
  const payload = Uint8Array.from({ length: payloadBytes }, (_, at) => draw32(key, at) >>> 24);
  return makeImage(payload, { version, securityCounter }, signer, crypto);
}

export const factoryImage = imageOf("1.0.0", 1, 100);

function identify(image: Uint8Array): ImageIdentity {
  const policy = { keys: [signer.publicKey], securityCounterMin: 0 };
  const verdict = verifyImage(readerOf(image), policy, crypto);
  if (!verdict.ok) throw new Error(verdict.detail);
  return verdict.image;
}

export const factoryIdentity = identify(factoryImage);

export const baseConfig: DeviceConfig = {
  packages: { clockSync: 1, multicastSetup: 1, fragmentation: 1 },
  lorawan: "1.0",
  rootSecret,
  parityVariant: "ts004-v1",
  decoder: { matrixRows: 16_383, scratchFragments: 16_383 },
  activation: { policy: "afterStatus", timeoutS: 3600 },
  heartbeatS: 60,
  trialDeadlineS: 600,
  quirks: { chirpstackAnswers: false, aggregateAnswers: false },
  image: { keys: [signer.publicKey] },
  hardwareVersion: 0x12,
};

export interface TestOptions {
  readonly config?: Partial<DeviceConfig>;
  readonly granuleBytes?: number;
  /** What the modem can carry. */
  readonly payloadMaxBytes?: number;
  /** Of its eight sectors, how many the journal has. */
  readonly journalSectors?: number;
  /** Put between the device, bootloader included, and its ports. */
  readonly probe?: PortProbe;
  readonly nor?: NorOptions;
  /** Put between the device and its modem. */
  readonly border?: (ends: BorderEnds) => PersonaBorder;
}

export type BorderEnds = Pick<
  BorderParts,
  "scheduler" | "entropy" | "status" | "clock" | "toAgent" | "toModem" | "note"
>;

function isForModem(effect: DeviceEffect): effect is MacEffect {
  return !["setTimer", "clearTimer", "note", "reboot"].includes(effect.type);
}

export interface SentUplink {
  readonly atS: number;
  readonly fPort: number;
  readonly payload: Uint8Array;
  readonly confirmed: boolean;
}

/** A device with its flash, a clock, and a modem that is always willing. */
export class TestDevice {
  readonly config: DeviceConfig;
  readonly flash: NorFlash;
  readonly boot: BankBoot;
  readonly uplinks: SentUplink[] = [];
  readonly notes: DeviceNote[] = [];
  readonly effects: DeviceEffect[] = [];
  /** Called for each uplink when it is out, before the device hears of it. */
  onUplink: (uplink: SentUplink) => void = () => {};
  device: Device | undefined;
  decision: BootDecision | undefined;
  reboots = 0;
  /** Uptime of this life. */
  now = 0;
  rtcGps = GPS_AT_START;
  rtcSynced = true;
  readonly #layout: FlashLayout;
  readonly #payloadMaxBytes: number;
  readonly #probe: PortProbe | undefined;
  readonly #timers = new Map<TimerId, number>();
  readonly #queue: DeviceEvent[] = [];
  readonly #border: PersonaBorder | undefined;
  #scheduled: Scheduled[] = [];
  #isRunning = false;

  constructor(options: TestOptions = {}) {
    const { config, granuleBytes = 8, payloadMaxBytes = 222, journalSectors = 8 } = options;
    const { address } = layout.journal;
    const sizeBytes = journalSectors * OTHER_SECTOR_BYTES;
    this.#layout = { ...layout, journal: { address, sizeBytes } };
    this.config = { ...baseConfig, ...config };
    this.#payloadMaxBytes = payloadMaxBytes;
    this.#probe = options.probe;
    const geometry = geometryFor(granuleBytes);
    this.flash = new NorFlash(geometry, options.nor);
    installFactoryImage(this.flash, layout, factoryImage, factoryIdentity);
    this.boot = this.#bootOn(this.#probe?.flash(this.flash) ?? this.flash);
    this.#border = options.border?.({
      scheduler: this.#scheduler(),
      entropy: new KeyedEntropy(2, 0),
      status: () => this.device?.status(),
      clock: () => this.device?.clockAt(this.now) ?? { gps: 0, synced: false },
      toAgent: (event) => this.#step({ ...event, at: this.now }),
      toModem: (effect) => this.#perform(effect),
      note: (note) => this.notes.push(note),
    });
  }

  /** Bootloader, then the chosen image; returns after its first step and what follows at once. */
  powerOn(): void {
    this.flash.powerOn();
    this.#timers.clear();
    this.#queue.length = 0;
    this.now = 0;
    this.#probe?.touch("power on");
    this.decision = this.boot.boot();
    if (!this.decision.ok) throw new Error("bricked");
    this.device = this.#deviceOn(this.flash, this.boot, this.decision, this.#probe);
    this.send({ type: "boot", at: 0 });
  }

  /** What another device would make of this flash, were power to fail now. */
  twin(): Device {
    const flash = this.flash.clone();
    const boot = this.#bootOn(flash);
    const decision = boot.boot();
    if (!decision.ok) throw new Error("bricked");
    const twin = this.#deviceOn(flash, boot, decision);
    twin.step({ type: "boot", at: 0 });
    return twin;
  }

  send(event: DeviceEvent): void {
    this.#queue.push(event);
    this.#flush();
  }

  #flush(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#receive(next);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  downlink(fPort: number, payload: Uint8Array, source = unicast, morePending = false): void {
    this.send({ type: "downlink", at: this.now, fPort, payload, source, morePending });
  }

  /** Lets time pass, timers included. */
  wait(seconds: number): void {
    const until = this.now + seconds * S;
    for (;;) {
      const next = [...this.#timers].sort(([, a], [, b]) => a - b)[0];
      const scheduled = this.#scheduled.toSorted((a, b) => a.at - b.at)[0];
      if (scheduled !== undefined && scheduled.at <= Math.min(until, next?.[1] ?? until)) {
        this.#scheduled = this.#scheduled.filter((other) => other !== scheduled);
        this.now = Math.max(this.now, scheduled.at);
        scheduled.run?.();
        this.#flush();
        continue;
      }
      if (next === undefined || next[1] > until) break;
      const [id, at] = next;
      this.#timers.delete(id);
      const life = this.reboots;
      this.now = Math.max(this.now, at);
      this.send({ type: "timer", at: this.now, id });
      if (life !== this.reboots) return;
    }
    this.now = until;
  }

  timerAt(id: TimerId): number | undefined {
    return this.#timers.get(id);
  }

  sent(fPort: number): readonly SentUplink[] {
    return this.uplinks.filter((uplink) => uplink.fPort === fPort);
  }

  bank(index: 0 | 1): Uint8Array {
    return this.read(layout.banks[index]);
  }

  read({ address, sizeBytes }: Region): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    this.flash.read(address, bytes);
    return bytes;
  }

  status() {
    if (this.device === undefined) throw new Error("no device");
    return this.device.status();
  }

  #scheduler(): Scheduler {
    const now = () => this.now;
    return {
      get now() {
        return now();
      },
      schedule: (at, run) => {
        const scheduled = { at, run, sequence: this.#scheduled.length };
        this.#scheduled.push(scheduled);
        return scheduled;
      },
      cancel: (scheduled) => {
        this.#scheduled = this.#scheduled.filter((other) => other !== scheduled);
      },
    };
  }

  #receive(event: DeviceEvent): void {
    const { type } = event;
    if (this.#border === undefined || type === "boot" || type === "say") this.#step(event);
    else if (event.type !== "timer") this.#border.fromModem(event);
    else {
      const heldUs = this.#border.holdsTimerUs(event.id);
      if (heldUs > 0) this.#timers.set(event.id, event.at + heldUs);
      else this.#step(event);
    }
  }

  #step(event: DeviceEvent): void {
    const { device } = this;
    if (device === undefined) return;
    let effects: readonly DeviceEffect[];
    try {
      effects = [...device.step(event)];
    } catch (error) {
      this.device = undefined;
      throw error;
    }
    for (const effect of effects) {
      this.#probe?.touch(effect.type);
      this.effects.push(effect);
      if (effect.type === "note") this.#border?.note(effect.note);
      if (this.#border === undefined || !isForModem(effect)) this.#perform(effect);
      else this.#border.fromAgent(effect);
    }
  }

  #perform(effect: DeviceEffect): void {
    const at = this.now;
    switch (effect.type) {
      case "join":
        this.#queue.push({ type: "joined", at });
        break;
      case "requestUplink":
        this.#queue.push({ type: "uplinkReady", at, payloadMaxBytes: this.#payloadMaxBytes });
        break;
      case "uplink": {
        const { fPort, payload, confirmed } = effect;
        const sent = { atS: at / S, fPort, payload, confirmed };
        this.uplinks.push(sent);
        this.onUplink(sent);
        this.#queue.push({ type: "uplinkDone", at });
        break;
      }
      case "setTimer":
        this.#timers.set(effect.id, effect.at);
        break;
      case "clearTimer":
        this.#timers.delete(effect.id);
        break;
      case "note":
        this.notes.push(effect.note);
        break;
      case "reboot":
        this.reboots += 1;
        this.device = undefined;
        this.#queue.length = 0;
        this.#border?.reset();
        break;
    }
  }

  #bootOn(flash: Flash): BankBoot {
    const { keys } = this.config.image;
    const verify = (region: Region, securityCounterMin: number) => {
      const reader = {
        sizeBytes: region.sizeBytes,
        read: (offset: number, target: Uint8Array) => flash.read(region.address + offset, target),
      };
      const policy = { keys, securityCounterMin, ignoresRestOfSlot: true };
      const verdict = verifyImage(reader, policy, crypto);
      return verdict.ok ? verdict : ({ ok: false } as const);
    };
    return new BankBoot(flash, layout, verify, { attemptsMax: 3 });
  }

  #deviceOn(
    flash: NorFlash,
    boot: BankBoot,
    decision: BootDecision & { readonly ok: true },
    probe?: PortProbe,
  ) {
    const entropy = new KeyedEntropy(1, this.reboots);
    const real = { flash, crypto, entropy, boot };
    const probed = probe && {
      flash: probe.flash(flash),
      crypto: probe.crypto(crypto),
      entropy: probe.entropy(entropy),
      boot: probe.boot(boot),
    };
    const ports = { ...(probed ?? real), layout: this.#layout };
    const { rtcGps, rtcSynced } = this;
    return new Device(this.config, ports, { decision, rtcGps, rtcSynced });
  }
}
