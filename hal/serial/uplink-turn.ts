import type { RadioEvent, RadioRequest } from "../radio-port.ts";
import type { CommandEngine } from "./command-engine.ts";
import type { ModemDriver } from "./drivers/driver.ts";
import { Patience } from "./patience.ts";

type Uplink = Extract<RadioRequest, { type: "uplink" }>;

interface TurnParts {
  readonly engine: CommandEngine;
  readonly driver: ModemDriver;
  readonly payloadMaxBytes: number;
  readonly emit: (event: RadioEvent) => void;
  readonly run: (work: () => Promise<void>) => void;
  readonly onNotJoined: () => void;
}

/** RUI3 tells the end of an uplink before the downlink that answers it. */
const ANSWER_MS = 150;
const BUSY_MS = 1500;
const BUSY_MAX = 40;
/** Rooms for MAC commands that a modem adds at the last moment. */
const MAC_COMMANDS_BYTES = 15;

/**
 * The device's turn to speak: asked for, offered, sent, over. A modem that is busy is asked again; a
 * frame that it refuses is lost, as on the air, and never sent twice.
 */
export class UplinkTurn {
  readonly #parts: TurnParts;
  #state: "idle" | "offering" | "sending" | "ending" = "idle";
  #isRequested = false;
  #isJoined = false;
  #isPending = false;
  #awaitsEnd = false;
  #waitMs: number | undefined;
  /** Of what is waited for: it does not come then. */
  #cancel = () => {};

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Whether a downlink now answers an uplink. */
  get isAnswering(): boolean {
    return this.#state === "sending" || this.#state === "ending";
  }

  request(): void {
    this.#isRequested = true;
    this.#offerSoon();
  }

  joined(): void {
    this.#isJoined = true;
    this.#offerSoon();
  }

  send(uplink: Uplink): void {
    if (this.#state !== "offering") throw new RangeError("an uplink without uplinkReady");
    this.#state = "sending";
    const { fPort, confirmed } = uplink;
    const payload = uplink.payload.slice();
    this.#attempt({ type: "uplink", fPort, payload, confirmed }, 0);
  }

  /** The modem says that the exchange is over. Where the command itself waits for that, it is no news. */
  over(): void {
    if (this.#state === "sending" && this.#awaitsEnd) this.#endSoon();
  }

  /** Duty cycle: how long until it may be tried again. */
  wait(ms: number): void {
    this.#waitMs = ms;
  }

  pending(): void {
    this.#isPending = true;
  }

  /** Whether the server said that it has more; once. */
  takePending(): boolean {
    const isPending = this.#isPending;
    this.#isPending = false;
    return isPending;
  }

  /** The session is gone, and with it what was on its way. */
  lost(): void {
    this.#isJoined = false;
    if (this.isAnswering) this.#end();
  }

  stop(): void {
    this.#cancel();
    this.#state = "idle";
    this.#isRequested = false;
  }

  /** Never at once: the asker is mid-step. */
  #offerSoon(): void {
    if (!this.#isRequested || !this.#isJoined || this.#state !== "idle") return;
    this.#state = "offering";
    this.#pause(0, () => {
      this.#isRequested = false;
      const payloadMaxBytes = Math.max(0, this.#parts.payloadMaxBytes - MAC_COMMANDS_BYTES);
      this.#parts.emit({ type: "uplinkReady", payloadMaxBytes });
      // It had nothing to say after all.
      if (this.#state === "offering") this.#state = "idle";
    });
  }

  #attempt(uplink: Uplink, busy: number): void {
    const { engine, driver } = this.#parts;
    this.#parts.run(async () => {
      if (this.#state !== "sending") return;
      this.#waitMs = undefined;
      this.#awaitsEnd = false;
      const { fPort, payload, confirmed } = uplink;
      const outcome = await driver.send(engine, fPort, payload, confirmed, () => {
        this.#awaitsEnd = true;
      });
      if (this.#state !== "sending") return;
      switch (outcome.type) {
        case "started":
          this.#await(driver.exchangeMs, () => this.#endSoon());
          return;
        case "over":
        case "refused":
          this.#endSoon();
          return;
        case "busy":
          if (busy >= BUSY_MAX) this.#endSoon();
          else this.#pause(this.#waitMs ?? BUSY_MS, () => this.#attempt(uplink, busy + 1));
          return;
        case "notJoined":
          this.#parts.onNotJoined();
          return;
        default:
          outcome satisfies never;
      }
    });
  }

  #endSoon(): void {
    this.#state = "ending";
    this.#awaitsEnd = false;
    this.#await(ANSWER_MS, () => this.#end());
  }

  #end(): void {
    this.#cancel();
    this.#state = "idle";
    this.#parts.emit({ type: "uplinkDone" });
    this.#offerSoon();
  }

  #pause(ms: number, run: () => void): void {
    this.#cancel();
    const timer = setTimeout(run, ms);
    this.#cancel = () => clearTimeout(timer);
  }

  /** For what the modem may say until then. */
  #await(ms: number, run: () => void): void {
    this.#cancel();
    const patience = new Patience(ms, run);
    this.#cancel = () => patience.stop();
  }
}
