import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { PHY_OVERHEAD_BYTES, rx1DataRate } from "#sim/air/regional.ts";
import type { Scheduled, WorldUs } from "#sim/kernel/engine.ts";
import { type OutgoingData, sealData } from "./data-security.ts";
import { FOPTS_MAX_BYTES } from "./frame.ts";
import { rekeyInd } from "./mac-commands.ts";
import type { MacParts } from "./mac-parts.ts";
import { type Channel, type MacSession, usableChannels } from "./nvm.ts";

/** Transmissions of a confirmed uplink until one is acknowledged. */
const CONFIRMED_TRANSMISSIONS_MAX = 8;
/** ACK_TIMEOUT: 2 ± 1 s after the receive windows. */
const ACK_TIMEOUT_MIN_US = 1_000_000;
const ACK_TIMEOUT_SPREAD_US = 2_000_000;

/** The uplink on its way: one frame counter, one or more transmissions. */
interface Sending {
  readonly frame: OutgoingData;
  readonly fCnt: number;
  readonly dr: number;
  /** Counter of the downlink that the frame acknowledges. */
  readonly confFCnt: number | undefined;
  transmissionsLeft: number;
}

/**
 * Data uplinks: asked for, offered when duty cycle and receive windows allow, sent, repeated.
 *
 * Frames go out with ADR off: the device keeps the data rate it was given, but obeys LinkADRReq.
 */
export class Uplinks {
  readonly #parts: MacParts;
  #isRequested = false;
  /** Longest payload while `uplinkReady` is being handled. */
  #offeredBytes: number | undefined;
  #offerTimer: Scheduled | undefined;
  #sending: Sending | undefined;
  /** End of the windows, or the next transmission. */
  #sendingTimer: Scheduled | undefined;
  /** Aggregated duty cycle of DutyCycleReq. */
  #freeFromUs: WorldUs = 0;
  /** Counter of a confirmed downlink that waits for its ACK. */
  #ackFCnt: number | undefined;

  constructor(parts: MacParts) {
    this.#parts = parts;
  }

  /** Counter of the confirmed uplink that a downlink may acknowledge. */
  get confirmedFCnt(): number | undefined {
    return this.#sending?.frame.confirmed === true ? this.#sending.fCnt : undefined;
  }

  get isSending(): boolean {
    return this.#sending !== undefined;
  }

  /** When duty cycle allows the next one; undefined before the first join. */
  get earliestUs(): WorldUs | undefined {
    const { session } = this.#parts.nvm;
    return session && this.#earliestUs(session, session.dr, this.#parts.io.scheduler.now);
  }

  request(): void {
    this.#isRequested = true;
    this.plan();
  }

  acknowledge(fCnt: number): void {
    this.#ackFCnt = fCnt;
  }

  /** Offers the requested uplink as soon as it may be sent. Never at once: the asker is mid-step. */
  plan(): void {
    const { session } = this.#parts.nvm;
    if (!this.#isRequested || session === undefined) return;
    if (this.#sending !== undefined || this.#offerTimer !== undefined) return;
    const { scheduler } = this.#parts.io;
    const at = this.#earliestUs(session, session.dr, scheduler.now);
    this.#offerTimer = scheduler.schedule(at, () => this.#offer());
  }

  /** Only while `uplinkReady` is being handled. */
  send(fPort: number, payload: Uint8Array, confirmed: boolean): void {
    const { nvm, answers } = this.#parts;
    const { session } = nvm;
    if (session === undefined || this.#offeredBytes === undefined || this.isSending) {
      throw new RangeError("an uplink without uplinkReady");
    }
    if (payload.length > this.#offeredBytes) throw new RangeError(`${payload.length} bytes uplink`);
    if (fPort < 1) throw new RangeError(`port ${fPort}`);
    const frame: OutgoingData = {
      direction: "up",
      confirmed,
      devAddr: session.devAddr,
      adr: false,
      adrAckReq: false,
      ack: this.#ackFCnt !== undefined,
      fPending: false,
      fPort,
      fOpts: this.#fOpts(session),
      frmPayload: payload.slice(),
    };
    this.#sending = {
      frame,
      fCnt: session.fCntUp,
      dr: session.dr,
      confFCnt: this.#ackFCnt,
      transmissionsLeft: confirmed
        ? (this.#parts.config.confirmedTransmissions ?? CONFIRMED_TRANSMISSIONS_MAX)
        : session.nbTrans,
    };
    session.fCntUp += 1;
    this.#ackFCnt = undefined;
    answers.onUplink();
    this.#transmit(this.#sending, session);
  }

  /** A downlink came in the receive windows. {@link settle} follows once it has been handled. */
  endExchange(downlink: AirDownlink): void {
    this.#cancelSendingTimer();
    this.#parts.radio.endExchange(downlink);
  }

  /**
   * After an answer: done, unless a confirmed uplink was not acknowledged by it. Nothing to settle
   * if what was emitted in between reset the device.
   */
  settle(isAcknowledged: boolean): void {
    const sending = this.#sending;
    if (sending === undefined) return;
    if (sending.frame.confirmed && !isAcknowledged) this.#repeat(sending);
    else this.#finish();
  }

  reset(): void {
    this.#cancelSendingTimer();
    if (this.#offerTimer !== undefined) this.#parts.io.scheduler.cancel(this.#offerTimer);
    this.#offerTimer = undefined;
    this.#isRequested = false;
    this.#offeredBytes = undefined;
    this.#sending = undefined;
    this.#ackFCnt = undefined;
  }

  #offer(): void {
    this.#offerTimer = undefined;
    const { io, nvm } = this.#parts;
    const { session } = nvm;
    if (session === undefined || this.isSending) return;
    if (this.#earliestUs(session, session.dr, io.scheduler.now) > io.scheduler.now) {
      this.plan();
      return;
    }
    this.#isRequested = false;
    const payloadMaxBytes = this.#payloadMaxBytes(session) - this.#fOpts(session).length;
    this.#offeredBytes = payloadMaxBytes;
    io.emit({ type: "uplinkReady", payloadMaxBytes });
    this.#offeredBytes = undefined;
  }

  #payloadMaxBytes({ dr, dwell }: MacSession): number {
    const { region } = this.#parts.config.regional;
    return maxPayloadBytes(region, dr, { dwell: dwell.uplink });
  }

  #fOpts(session: MacSession): Uint8Array {
    const { answers } = this.#parts;
    const bytesMax = Math.min(FOPTS_MAX_BYTES, this.#payloadMaxBytes(session));
    if (!session.rekeyPending) return answers.peek(bytesMax);
    const rekey = rekeyInd();
    return Uint8Array.of(...rekey, ...answers.peek(bytesMax - rekey.length));
  }

  #transmit(sending: Sending, session: MacSession): void {
    const { io, radio, config } = this.#parts;
    const { region } = config.regional;
    const { now } = io.scheduler;
    const { frame, fCnt, dr, confFCnt = 0 } = sending;
    const channel = this.#drawChannel(session, dr, now);
    const txCh = Math.max(session.channels.indexOf(channel), 0);
    const context = { fCnt, confFCnt, txDr: dr, txCh };
    const phy = sealData(frame, session.keys, context, io.crypto);
    const { uplink, doneUs } = radio.transmit(
      phy,
      { frequencyHz: channel.frequencyHz, dr },
      {
        rx1: {
          frequencyHz: channel.rx1FrequencyHz,
          dr: rx1DataRate(region, dr, session.rx1DrOffset, session.dwell),
        },
        rx2: { frequencyHz: session.rx2FrequencyHz, dr: session.rx2Dr },
        rx1DelayUs: session.rxDelayS * 1_000_000,
        // a dwell time binds who sends: a device takes what is longer (RP002-1.0.5 §3.10.6)
        phyBytesMax: (downDr) => PHY_OVERHEAD_BYTES + maxPayloadBytes(region, downDr),
      },
      now,
    );
    this.#freeFromUs = now + (uplink.endUs - now) * 2 ** session.maxDutyCycle;
    this.#sendingTimer = io.scheduler.schedule(doneUs, () => this.#onSilence(sending));
    io.transmit(uplink);
  }

  #onSilence(sending: Sending): void {
    this.#sendingTimer = undefined;
    this.#parts.radio.endExchange(undefined);
    this.#repeat(sending);
  }

  #repeat(sending: Sending): void {
    const { io, nvm } = this.#parts;
    const { session } = nvm;
    sending.transmissionsLeft -= 1;
    if (sending.transmissionsLeft <= 0 || session === undefined) {
      this.#finish();
      return;
    }
    const { now } = io.scheduler;
    const pauseUs = sending.frame.confirmed
      ? ACK_TIMEOUT_MIN_US + io.entropy.below("ackTimeout", ACK_TIMEOUT_SPREAD_US + 1)
      : 0;
    const at = this.#earliestUs(session, sending.dr, now + pauseUs);
    this.#sendingTimer = io.scheduler.schedule(at, () => this.#transmit(sending, session));
  }

  #finish(): void {
    this.#sending = undefined;
    this.#parts.io.emit({ type: "uplinkDone" });
    this.plan();
  }

  #earliestUs(session: MacSession, dr: number, notBefore: WorldUs): WorldUs {
    const { dutyCycle } = this.#parts.radio;
    const from = Math.max(notBefore, this.#freeFromUs);
    const starts = usableChannels(session, dr, this.#parts.config.regional).map(({ frequencyHz }) =>
      dutyCycle.earliestStartUs(frequencyHz, from),
    );
    return Math.min(...starts);
  }

  #drawChannel(session: MacSession, dr: number, now: WorldUs): Channel {
    const { io, radio, config } = this.#parts;
    const free = usableChannels(session, dr, config.regional).filter(
      ({ frequencyHz }) => radio.dutyCycle.earliestStartUs(frequencyHz, now) <= now,
    );
    const channel = free[io.entropy.below("channel", free.length)];
    if (channel === undefined) throw new RangeError("no channel is free");
    return channel;
  }

  #cancelSendingTimer(): void {
    if (this.#sendingTimer !== undefined) this.#parts.io.scheduler.cancel(this.#sendingTimer);
    this.#sendingTimer = undefined;
  }
}
