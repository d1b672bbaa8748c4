import { vi } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { RadioEvent } from "#hal/radio-port.ts";
import { TransportError, type TransportEvents } from "#hal/serial/transport.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { ModemLink } from "#tools/device/modem-link.ts";
import { groupFrame, IDENTITY } from "../../contract/radio/frames.ts";
import { GROUP_KEYS } from "../../contract/radio.contract.ts";
import { IN_EU868 } from "../../sim/eu868.ts";
import type { Piece } from "./rough-line.ts";

const STEP_MS = 20;
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

interface LinkRigOptions {
  readonly troubles?: ModemTroubles;
  readonly profile?: ProfileName;
  readonly hasResetPin?: boolean;
  /** What becomes of the modem's bytes on their way, one piece after the other. */
  readonly line?: (bytes: Uint8Array) => readonly Piece[];
}

/** A link on a virtual modem, in memory and in virtual time (fake timers are on). */
export class LinkRig {
  readonly said: string[] = [];
  readonly events: RadioEvent[] = [];
  readonly failures: Error[] = [];
  readonly link: ModemLink;
  /** The modem that is plugged in; another one may be. */
  lab: ModemLab;
  /** Lines to the modem. */
  heard = "";
  hardResets = 0;
  /** All that has come from the modem. */
  spoken = "";
  /** What of it has come to the host. */
  arrived = "";
  isPlugged = true;
  #host: TransportEvents | undefined;
  readonly #options: LinkRigOptions;
  #fCnt = 0;
  #dueUs = 0;

  constructor(options: LinkRigOptions = {}) {
    this.#options = options;
    this.lab = this.newLab();
    const hardReset = async () => {
      this.hardResets += 1;
      this.lab.modem.powerCut();
    };
    this.link = new ModemLink({
      port: "memory",
      open: async (_, events) => this.#open(events),
      settings: { ...IDENTITY, band: "EU868", dr: 5 },
      payloadMaxBytes: 222,
      emit: (event) => {
        this.events.push(event);
        if (event.type !== "uplinkReady") return;
        this.link.perform({ type: "uplink", fPort: 1, payload: bytes("00"), confirmed: false });
      },
      say: (text) => this.said.push(text),
      onEnd: (cause) => this.failures.push(cause),
      below: () => 0,
      ...(options.hasResetPin === false ? {} : { hardReset }),
    });
  }

  newLab(modemIdentity = IDENTITY): ModemLab {
    const { profile = "rui4_2", troubles = {} } = this.#options;
    const lab: ModemLab = new ModemLab({
      profile: PROFILES[profile],
      regional: IN_EU868,
      identity: IDENTITY,
      modemIdentity,
      crypto: new NodeCrypto(),
      seed: 1,
      gpsAtStart: 1_451_260_818,
      troubles,
      emit: (chunk) => {
        this.spoken += Buffer.from(chunk).toString("latin1");
        const host = this.#host;
        const { line = () => [{ bytes: chunk, afterMs: 0 }] } = this.#options;
        for (const { bytes: piece, afterMs } of line(chunk)) {
          this.#dueUs = Math.max(this.#dueUs, lab.engine.now + 1000) + afterMs * 1000;
          lab.engine.schedule(this.#dueUs, () => {
            if (host === undefined || host !== this.#host || lab !== this.lab) return;
            this.arrived += Buffer.from(piece).toString("latin1");
            host.onData(piece);
          });
        }
      },
    });
    lab.modem.powerOn();
    return lab;
  }

  async #open(events: TransportEvents) {
    if (!this.isPlugged) throw new TransportError("noSuchPort", "memory: no such port");
    this.#host = events;
    return {
      write: async (chunk: Uint8Array) => {
        if (this.#host !== events) throw new TransportError("lost", "memory is gone");
        this.heard += Buffer.from(chunk).toString("latin1");
        this.lab.modem.receive(chunk);
      },
      close: async () => {
        if (this.#host === events) this.#host = undefined;
      },
    };
  }

  unplug(): void {
    this.isPlugged = false;
    const host = this.#host;
    this.#host = undefined;
    host?.onClosed(new TransportError("lost", "memory is gone: was it unplugged?"));
  }

  async pass(seconds: number): Promise<void> {
    for (let ms = 0; ms < seconds * 1000; ms += STEP_MS) {
      this.lab.engine.advance(this.lab.engine.now + STEP_MS * 1000);
      await vi.advanceTimersByTimeAsync(STEP_MS);
    }
  }

  async until(isSo: () => boolean, seconds = 900): Promise<void> {
    for (let ms = 0; ms < seconds * 1000 && !isSo(); ms += 100) await this.pass(0.1);
    const [failure] = this.failures;
    if (failure !== undefined && !isSo()) throw failure;
    if (!isSo()) throw new Error(`it did not happen:\n${this.said.slice(-15).join("\n")}`);
  }

  /** Opened, joined, in the window of a group. */
  async inSession(): Promise<void> {
    // It has started a while ago.
    await this.pass(10);
    await this.openSession();
  }

  async openSession(): Promise<void> {
    await this.#settle(this.link.open());
    this.link.perform({ type: "join" });
    await this.until(() => this.joins > 0);
    const { mcAddr, nwkSKey, appSKey } = GROUP_KEYS;
    const keys = { mcAddr, mcNwkSKey: bytes(nwkSKey), mcAppSKey: bytes(appSKey) };
    const counts = { minMcFCnt: 0, maxMcFCnt: 0xffff, nextMcFCnt: 0 };
    this.link.perform({ type: "setMcGroup", groupId: 0, ...keys, ...counts });
    const tuning = { frequencyHz: 869_525_000, dr: 0 };
    this.link.perform({ type: "startClassC", groupId: 0, ...tuning });
    await this.pass(5);
  }

  async #settle(opened: Promise<void>): Promise<void> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    opened.then(over, over);
    await this.until(() => isOver, 60);
    await opened;
  }

  get joins(): number {
    return this.events.filter(({ type }) => type === "joined").length;
  }

  /** Frames of the device that asked to join, less those that a modem sends again by itself. */
  get joinsAsked(): number {
    return this.heard.match(/^AT\+JOIN/gim)?.length ?? 0;
  }

  /** Fragments that the device has heard. */
  get fragments(): readonly number[] {
    return this.events.flatMap((event) =>
      event.type === "downlink" && event.source.type === "multicast" ? [event.payload[1] ?? 0] : [],
    );
  }

  /** One is on the air, and its duty cycle is over. */
  async fragment(n: number): Promise<void> {
    this.broadcast(n);
    await this.pass(20);
  }

  broadcast(n: number): void {
    this.lab.broadcast(groupFrame(this.#fCnt++, 201, Uint8Array.of(8, n)), 869_525_000, 0);
  }

  /** Sends fragments until one is heard again, and says which. */
  async firstHeardFrom(n: number): Promise<number> {
    const before = this.fragments.length;
    for (let next = n; next < n + 60; next++) {
      await this.fragment(next);
      const heard = this.fragments[before];
      if (heard !== undefined) return heard;
    }
    throw new Error(`nothing is heard any more:\n${this.said.slice(-15).join("\n")}`);
  }

  async uplink(): Promise<void> {
    this.link.perform({ type: "requestUplink" });
    await this.pass(10);
  }

  gaps(): readonly string[] {
    return this.said.filter((text) => text.startsWith("gap of"));
  }
}
