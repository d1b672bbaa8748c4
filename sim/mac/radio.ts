import type { Region } from "#scenarios/regions/region.ts";
import { DutyCycle } from "#sim/air/duty-cycle.ts";
import type { RadioTime } from "#sim/air/energy.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { airtimeOfDownlinkUs, airtimeOfUplinkUs } from "#sim/air/regional.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { catches, interrupts, type ReceiveWindow, receiveWindow } from "./receive-window.ts";

export interface Tuning {
  readonly frequencyHz: number;
  readonly dr: number;
}

/** Where and when the two windows after an uplink open. */
export interface WindowPlan {
  readonly rx1: Tuning;
  readonly rx2: Tuning;
  /** RX1 after the end of the uplink; RX2 follows a second later. */
  readonly rx1DelayUs: number;
  /** Longest PHYPayload to wait for. */
  readonly phyBytesMax: (dr: number) => number;
}

const RX2_AFTER_RX1_US = 1_000_000;
const NOT_LISTENING = -1;

/**
 * The one transceiver of a device: what it hears at any moment, and how long it spent in which mode.
 *
 * An exchange is an uplink with its two receive windows; they have priority over class C listening.
 * The radio learns of a downlink when it ends, so a silent exchange is over only when the longest
 * downlink that might have begun in RX2 would be.
 */
export class Radio {
  // what every downlink of a fleet asks for comes first, in small integers: one cache line a device
  #listenHz = NOT_LISTENING;
  #listenDr = 0;
  /** A downlink that begins from this second on met no exchange, and no other listening. */
  #clearFromS = 0;
  readonly dutyCycle: DutyCycle;
  readonly #region: Region;
  #txStartUs: WorldUs = 0;
  #txEndUs: WorldUs = 0;
  #rx1: ReceiveWindow | undefined;
  #rx2: ReceiveWindow | undefined;
  /** A downlink that begins from here on meets no exchange. */
  #exchangeUntilUs: WorldUs = 0;
  /** Since when on these parameters: a preamble before that was missed. */
  #listenSinceUs: WorldUs = 0;
  #rxSinceUs: WorldUs = 0;
  #txUs = 0;
  #rxUs = 0;
  #standbyUs = 0;

  constructor(region: Region) {
    this.#region = region;
    this.dutyCycle = new DutyCycle(region);
  }

  /** Starts an uplink now; returns it, and when a silent exchange is over. */
  transmit(
    phyPayload: Uint8Array,
    { frequencyHz, dr }: Tuning,
    plan: WindowPlan,
    now: WorldUs,
  ): { readonly uplink: AirUplink; readonly doneUs: WorldUs } {
    const airtimeUs = airtimeOfUplinkUs(this.#region, dr, phyPayload.length);
    const endUs = now + airtimeUs;
    const rx1StartUs = endUs + plan.rx1DelayUs;
    const rx2StartUs = rx1StartUs + RX2_AFTER_RX1_US;
    this.dutyCycle.spend(frequencyHz, now, airtimeUs);
    this.#txStartUs = now;
    this.#txEndUs = endUs;
    this.#rx1 = this.#window(rx1StartUs, plan.rx1);
    this.#rx2 = this.#window(rx2StartUs, plan.rx2);
    this.#exchangeUntilUs = this.#rx2.closeUs;
    this.#clearAfter(this.#rx2.closeUs);
    this.#txUs += airtimeUs;
    if (this.#isListening) this.#rxUs -= airtimeUs;
    const lastEndUs = ({ dr: downDr }: Tuning, startUs: WorldUs) =>
      startUs + airtimeOfDownlinkUs(this.#region, downDr, plan.phyBytesMax(downDr));
    // one more, so that a downlink that ends at the last moment has been delivered by then
    const doneUs = 1 + Math.max(lastEndUs(plan.rx1, rx1StartUs), lastEndUs(plan.rx2, rx2StartUs));
    return { uplink: { phyPayload, dr, frequencyHz, startUs: now, endUs }, doneUs };
  }

  /** The windows are over: nothing came, or `answer` did, and then RX2 opens no more. */
  endExchange(answer: AirDownlink | undefined): void {
    const [rx1, rx2] = [this.#rx1, this.#rx2];
    if (rx1 === undefined || rx2 === undefined) return;
    const inRx1 = answer !== undefined && catches(rx1, answer);
    if (!this.#isListening) {
      this.#standbyUs += rx1.openUs - this.#txEndUs;
      if (inRx1) {
        this.#rxUs += answer.endUs - rx1.openUs;
      } else {
        const rx2EndUs = answer === undefined ? rx2.closeUs : answer.endUs;
        this.#standbyUs += Math.max(rx2.openUs - rx1.closeUs, 0);
        this.#rxUs += rx1.closeUs - rx1.openUs + rx2EndUs - rx2.openUs;
      }
    }
    if (inRx1) this.#exchangeUntilUs = answer.endUs;
  }

  /** Class C: on from now on, on these parameters. */
  listen({ frequencyHz, dr }: Tuning, now: WorldUs): void {
    if (frequencyHz === this.#listenHz && dr === this.#listenDr) return;
    if (!this.#isListening) this.#rxSinceUs = now;
    this.#listenHz = frequencyHz;
    this.#listenDr = dr;
    this.#listenSinceUs = now;
    this.#clearAfter(now);
  }

  stopListening(now: WorldUs): void {
    if (!this.#isListening) return;
    this.#rxUs += now - this.#rxSinceUs;
    this.#listenHz = NOT_LISTENING;
  }

  /** Whether the whole of a downlink that just ended fell on an open receiver. */
  hears(downlink: AirDownlink): boolean {
    if (downlink.startUs < this.#clearFromS * 1_000_000) return this.#heardBusy(downlink);
    return downlink.frequencyHz === this.#listenHz && downlink.dr === this.#listenDr;
  }

  /** Whether neither an uplink nor a receive window takes the receiver from a downlink. */
  isFreeFor(downlink: AirDownlink): boolean {
    if (downlink.startUs >= this.#exchangeUntilUs) return true;
    if (downlink.startUs < this.#txEndUs && this.#txStartUs < downlink.endUs) return false;
    const windows = [this.#rx1, this.#rx2];
    return !windows.some((window) => window !== undefined && interrupts(window, downlink));
  }

  #heardBusy(downlink: AirDownlink): boolean {
    if (downlink.startUs < this.#exchangeUntilUs) {
      if (downlink.startUs < this.#txEndUs && this.#txStartUs < downlink.endUs) return false;
      if (this.isAnswer(downlink)) return true;
      if (this.#rx1 !== undefined && interrupts(this.#rx1, downlink)) return false;
      if (this.#rx2 !== undefined && interrupts(this.#rx2, downlink)) return false;
    }
    return (
      downlink.frequencyHz === this.#listenHz &&
      downlink.dr === this.#listenDr &&
      downlink.startUs >= this.#listenSinceUs
    );
  }

  /** When the last uplink ended. */
  get sentUs(): WorldUs {
    return this.#txEndUs;
  }

  /** In RX1 or RX2 of the last uplink. */
  isAnswer(downlink: AirDownlink): boolean {
    return (
      (this.#rx1 !== undefined && catches(this.#rx1, downlink)) ||
      (this.#rx2 !== undefined && catches(this.#rx2, downlink))
    );
  }

  /** Forgets windows and listening; duty cycle and time spent stay. */
  reset(now: WorldUs): void {
    this.stopListening(now);
    this.#rx1 = undefined;
    this.#rx2 = undefined;
  }

  time(now: WorldUs): RadioTime {
    const openUs = this.#isListening ? now - this.#rxSinceUs : 0;
    return { txUs: this.#txUs, rxUs: this.#rxUs + openUs, standbyUs: this.#standbyUs };
  }

  #window(startUs: WorldUs, { frequencyHz, dr }: Tuning): ReceiveWindow {
    return receiveWindow(this.#region, startUs, frequencyHz, dr);
  }

  #clearAfter(us: WorldUs): void {
    this.#clearFromS = Math.max(this.#clearFromS, Math.ceil(us / 1_000_000));
  }

  get #isListening(): boolean {
    return this.#listenHz !== NOT_LISTENING;
  }
}
