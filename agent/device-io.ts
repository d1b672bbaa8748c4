import {
  type Crypto,
  type Entropy,
  type Flash,
  FlashFault,
  type GpsSeconds,
  type UptimeUs,
} from "#hal/ports.ts";
import type { Activation } from "./activation.ts";
import { BANK, Blocks } from "./blocks.ts";
import type { FlashLayout } from "./boot/layout.ts";
import type { BootDecision, BootStrategy, ImageIdentity } from "./boot/strategy.ts";
import type { DeviceClock } from "./clock.ts";
import type { DeviceConfig } from "./config.ts";
import { isPatch } from "./delta/container.ts";
import { patchStartRefusal } from "./delta/patch.ts";
import type { DeviceEffect } from "./events.ts";
import { refusalOfStart } from "./image/verify.ts";
import { parseVersion } from "./image/version.ts";
import { nextImagePolicy } from "./image-policy.ts";
import { Memory, type Remembered } from "./memory.ts";
import type { Saying } from "./outbox.ts";
import type { FirmwareManagementIo, ImageSlotQuery } from "./packages/firmware-management.ts";
import type { BlockRefusal, FragIo } from "./packages/frag-io.ts";
import type { FragSession, FragWork } from "./packages/frag-session.ts";
import type { PersistItem } from "./packages/package-io.ts";
import type { BlockShape } from "./staging/block-map.ts";
import type { Uplinks } from "./uplinks.ts";

/** The machine the agent runs on. */
export interface DevicePorts {
  readonly flash: Flash;
  readonly layout: FlashLayout;
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  readonly boot: BootStrategy;
}

/** One life, from reset to reset. */
export interface DeviceLife {
  readonly decision: BootDecision & { readonly ok: true };
  /** Reading of the real-time clock at boot, and whether it was ever set; a power cut loses it. */
  readonly rtcGps: GpsSeconds;
  readonly rtcSynced: boolean;
}

/** The other parts of the device that its packages reach through their io. */
interface DeviceParts {
  readonly state: Remembered;
  readonly clock: DeviceClock;
  readonly uplinks: Uplinks;
  readonly activation: Activation;
}

/** What the packages of one device may do, one object for all of its steps. */
export class DeviceIo implements FragIo, FirmwareManagementIo {
  at: UptimeUs = 0;
  readonly clock: DeviceClock;
  readonly entropy: Entropy;
  readonly crypto: Crypto;
  readonly effects: DeviceEffect[] = [];
  readonly memory: Memory;
  readonly boot: BootStrategy;
  /** The running image is on trial and has not been confirmed. */
  isTrial: boolean;
  /** What {@link BootStrategy.stage} was last called with, in this life. */
  staged: ImageIdentity | undefined;
  readonly #config: DeviceConfig;
  readonly #ports: DevicePorts;
  readonly #running: ImageIdentity;
  readonly #blocks: Blocks;
  readonly #parts: DeviceParts;

  constructor(
    config: DeviceConfig,
    ports: DevicePorts,
    parts: DeviceParts,
    decision: DeviceLife["decision"],
  ) {
    this.clock = parts.clock;
    this.entropy = ports.entropy;
    this.crypto = ports.crypto;
    this.boot = ports.boot;
    this.isTrial = decision.trial;
    this.#parts = parts;
    this.#config = config;
    this.#ports = ports;
    this.#running = decision.image;
    this.#blocks = new Blocks(ports, config);
    this.memory = new Memory(ports.flash, ports.layout.journal, parts.state, this.#blocks);
  }

  say(saying: Saying): void {
    this.#parts.uplinks.say(saying, this);
  }

  persist(item: PersistItem): void {
    this.memory.persist(item);
  }

  placeFor(fragIndex: number, shape: BlockShape): number | undefined {
    for (let placeIndex = 0; placeIndex < this.#blocks.placeCount; placeIndex++) {
      if (this.#isTaken(placeIndex, fragIndex)) continue;
      const place = this.#blocks.place(placeIndex, shape);
      if (place === undefined) continue;
      const codedMax = this.#blocks.codedMax(place, shape.fragSize);
      return this.memory.holds(shape, codedMax, fragIndex) ? placeIndex : undefined;
    }
    return undefined;
  }

  nextUpdateId(): number {
    return (this.boot.report().updateId + 1) >>> 0;
  }

  openPlace({ placeIndex, updateId }: FragSession): boolean {
    if (placeIndex !== BANK) return true;
    if (this.isTrial) return false;
    this.#parts.activation.cancel(this);
    this.staged = undefined;
    this.boot.openUpdate(updateId);
    return true;
  }

  closePlace({ placeIndex }: FragSession): void {
    if (placeIndex === BANK) succeeds(() => this.boot.abandon());
  }

  startRefusal({ placeIndex, setup }: FragSession, start: Uint8Array): BlockRefusal | undefined {
    if (placeIndex !== BANK) return undefined;
    const blockBytes = setup.nbFrag * setup.fragSize - setup.padding;
    if (isPatch(start)) return patchStartRefusal(start, blockBytes, this.#running.hash);
    const policy = nextImagePolicy(this.#config, this.#ports, this.#running);
    return refusalOfStart(start, blockBytes, policy);
  }

  openWork({ setup, placeIndex }: FragSession): FragWork {
    return this.#blocks.open(setup, placeIndex, this.memory);
  }

  queryImage(): ImageSlotQuery {
    if (this.staged !== undefined) return { status: 3, version: versionNumber(this.staged) };
    const failures = this.#parts.state.fragmentation.sessions.map((session) => session?.failure);
    if (failures.includes("wrongHardware")) return { status: 2, version: 0 };
    const isCorrupt = failures.some((failure) => failure !== undefined && failure !== "storage");
    return { status: isCorrupt ? 1 : 0, version: 0 };
  }

  deleteImage(): void {
    if (!succeeds(() => this.boot.abandon())) return;
    this.staged = undefined;
    this.#parts.activation.cancel(this);
  }

  /** The bank keeps a staged image until it has booted, whatever became of its session. */
  #isTaken(placeIndex: number, fragIndex: number): boolean {
    if (placeIndex === BANK) {
      const { session } = this.#parts.activation;
      if (this.isTrial) return true;
      if (session !== undefined && session.setup.fragIndex !== fragIndex) return true;
    }
    return this.#parts.state.fragmentation.sessions.some(
      (other, index) =>
        index !== fragIndex &&
        other?.placeIndex === placeIndex &&
        (other.phase === "ready" || other.phase === "receiving"),
    );
  }
}

/** `major.minor.revision` as one number, in the order of versions. */
export function versionNumber({ version }: Pick<ImageIdentity, "version">): number {
  const parsed = parseVersion(version);
  if (parsed === undefined) return 0;
  return ((parsed.major << 24) | (parsed.minor << 16) | parsed.revision) >>> 0;
}

/** Runs what the flash may refuse to do. Returns whether it did not. */
export function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return false;
  }
}
