import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { TransportError, type TransportEvents } from "#hal/serial/transport.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { Campaign } from "#sim/server/campaign.ts";
import { openDeviceState } from "#tools/device/device-state.ts";
import { RunningDevice } from "#tools/device/run-device.ts";
import { signerOf } from "#tools/run/images.ts";
import { IDENTITY } from "../../contract/radio/frames.ts";
import { IN_EU868 } from "../../sim/eu868.ts";
import { CONFIG } from "../../sim/server/campaign-bench.ts";

const crypto = new NodeCrypto();
const spec = { sizeBytes: 16_000, version: "2.0.0", defect: "none" } as const;
const firmware = makeFirmware(spec, 1, signerOf(1, "ed25519"), crypto);
const STEP_MS = 20;
const FRAG_SIZE = 160;
export const NB_FRAG = Math.ceil(firmware.sent.length / FRAG_SIZE);

/** A device on a virtual modem in a network with a campaign, all in virtual time (fake timers are on). */
export class World {
  readonly said: string[] = [];
  /** By the modem. */
  spoken = "";
  /** Uplinks that the server has heard. */
  readonly uplinks: string[] = [];
  /** Why the device's process ended, if it did so by itself. */
  failure: unknown;
  readonly lab: ModemLab;
  readonly campaign: Campaign;
  readonly #folder = mkdtempSync(join(tmpdir(), "fuota-device-"));
  #host: TransportEvents | undefined;
  #device: RunningDevice | undefined;
  #interrupt = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  selfTests: boolean[] = [];

  constructor(profile: ProfileName, troubles: ModemTroubles = {}) {
    this.lab = new ModemLab({
      profile: PROFILES[profile],
      regional: IN_EU868,
      identity: IDENTITY,
      crypto,
      seed: 1,
      troubles,
      onUplink: (fPort, payload) => {
        this.uplinks.push(`${fPort} ${Buffer.from(payload).toString("hex")}`);
      },
      gpsAtStart: Math.floor(Date.now() / 1000) - 315_964_782,
      // One in five.
      loses: (frame) => (frame * 7919) % 5 === 0,
      emit: (bytes) => {
        this.spoken += Buffer.from(bytes).toString("latin1");
        const host = this.#host;
        const at = this.lab.engine.now + 1000;
        this.lab.engine.schedule(at, () => host === this.#host && host?.onData(bytes));
      },
    });
    this.campaign = new Campaign(
      {
        ...CONFIG,
        image: firmware.sent,
        fragSize: FRAG_SIZE,
        redundancyPercent: 60,
        dr: 3,
        spacingUs: 6_000_000,
        timeoutExponent: 12,
      },
      [this.lab.device],
      this.lab.server,
    );
  }

  /** Starts the device's process. */
  async start(): Promise<void> {
    const state = openDeviceState({
      folder: this.#folder,
      keys: firmware.keys,
      firmware: firmware.factory,
      bankBytes: 65_536,
    });
    this.#interrupt = new AbortController();
    this.#device = new RunningDevice({
      state,
      keys: firmware.keys,
      settings: { ...IDENTITY, band: "EU868", dr: 5 },
      rootSecret: IDENTITY.appKey,
      regional: IN_EU868,
      packages: 1,
      heartbeatS: 60,
      link: {
        port: "memory",
        open: async (_, events) => {
          this.#host = events;
          return {
            write: async (bytes) => {
              if (this.#host !== events) throw new TransportError("lost", "gone");
              this.lab.modem.receive(bytes);
            },
            close: async () => {},
          };
        },
      },
      selfTest: async () => this.selfTests.shift() ?? true,
      say: (text) => this.said.push(text),
    });
    this.#ended = this.#device.run(this.#interrupt.signal).catch((error: unknown) => {
      this.failure = error;
    });
  }

  /** The process is gone; what it remembers is on the disk. */
  async stop(): Promise<void> {
    this.#interrupt.abort();
    await this.#ended;
    this.#host = undefined;
    if (this.failure !== undefined) throw this.failure;
  }

  unplug(): void {
    const host = this.#host;
    this.#host = undefined;
    host?.onClosed(new TransportError("lost", "unplugged"));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get status() {
    return this.#device?.shell.status();
  }

  async until(isSo: () => boolean, hours = 6): Promise<void> {
    const steps = (hours * 3_600_000) / STEP_MS;
    for (let step = 0; step < steps && !isSo(); step++) {
      this.lab.engine.advance(this.lab.engine.now + STEP_MS * 1000);
      await vi.advanceTimersByTimeAsync(STEP_MS);
    }
    if (!isSo()) throw new Error(`it did not happen:\n${this.said.slice(-12).join("\n")}`);
  }

  heard(text: string): boolean {
    return this.said.some((one) => one.includes(text));
  }

  async deploy(): Promise<void> {
    await this.start();
    await this.until(() => this.status?.clockSynced === true);
    this.campaign.start();
  }

  /** Fragments that the device has taken. */
  get received(): number {
    return this.status?.sessions[0]?.received ?? 0;
  }

  get isConfirmed(): boolean {
    const isNew = this.status?.running.version === "2.0.0+0";
    return isNew && this.heard("confirmed by server contact");
  }
}
