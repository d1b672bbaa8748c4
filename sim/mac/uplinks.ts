import type { AirDownlink } from "#sim/air/frames.ts";
import type { Scheduled, WorldUs } from "#sim/kernel/engine.ts";
import { asksForDownlink, backOff } from "./adr.ts";
import { drawChannel, earliestStartUs } from "./channel-choice.ts";
import { type OutgoingData, sealData } from "./data-security.ts";
import type { MacParts } from "./mac-parts.ts";
import { isDue } from "./network-word.ts";
import { type MacSession, usableChannels } from "./nvm.ts";
import { commandsInFOpts, commandsOnPort0, exceedFOpts } from "./outgoing-commands.ts";
import { roomBytes, TRAITS } from "./revision.ts";
import { windowsAfter } from "./window-plan.ts";

/** Before 1.0.4: transmissions of a confirmed uplink until one is acknowledged. */
const CONFIRMED_TRANSMISSIONS_MAX = 8;
/** ACK_TIMEOUT: 2 ± 1 s after the receive windows. */
const ACK_TIMEOUT_MIN_US = 1_000_000;
const ACK_TIMEOUT_SPREAD_US = 2_000_000;

const FCNT_MAX = 0xffff_ffff;
const NO_BYTES = new Uint8Array(0);

/** What an uplink is to say. */
type Content = Pick<OutgoingData, "confirmed" | "fPort" | "fOpts" | "frmPayload">;

/** The uplink on its way: one frame counter, one or more transmissions. */
interface Sending {
  readonly frame: OutgoingData;
  readonly fCnt: number;
  readonly dr: number;
  /** Counter of the downlink that the frame acknowledges. */
  readonly confFCnt: number | undefined;
  /** Nobody asked for it, so nobody is told that it is done. */
  readonly isOwn: boolean;
  transmissionsLeft: number;
}

/**
 * Data uplinks: asked for, offered when duty cycle and receive windows allow, sent, repeated.
 *
 * Without `adr` the device keeps the data rate it was given, but obeys LinkADRReq.
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
  /** Once before each offer: a server may ask for more with every downlink. */
  #hasAnswered = false;
  /** It came outside of class A: an uplink goes for its sake alone. */
  #isAckDue = false;
  readonly #onExhausted: () => void;

  /** `onExhausted`: the session has used its last frame counter. */
  constructor(parts: MacParts, onExhausted: () => void) {
    this.#parts = parts;
    this.#onExhausted = onExhausted;
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

  acknowledge(fCnt: number, isClassA: boolean): void {
    this.#ackFCnt = fCnt;
    if (isClassA) return;
    this.#isAckDue = true;
    this.plan();
  }

  /** Offers the requested uplink as soon as it may be sent. Never at once: the asker is mid-step. */
  plan(): void {
    const { session } = this.#parts.nvm;
    if (!(this.#isRequested || this.#isAckDue) || session === undefined) return;
    if (this.#sending !== undefined || this.#offerTimer !== undefined) return;
    if (session.fCntUp > FCNT_MAX) {
      this.#onExhausted();
      return;
    }
    const { scheduler } = this.#parts.io;
    const at = this.#earliestUs(session, session.dr, scheduler.now);
    this.#offerTimer = scheduler.schedule(at, () => this.#offer());
  }

  /** Only while `uplinkReady` is being handled. */
  send(fPort: number, payload: Uint8Array, confirmed: boolean): void {
    const { session } = this.#parts.nvm;
    if (session === undefined || this.#offeredBytes === undefined || this.isSending) {
      throw new RangeError("an uplink without uplinkReady");
    }
    if (payload.length > this.#offeredBytes) throw new RangeError(`${payload.length} bytes uplink`);
    if (fPort < 1) throw new RangeError(`port ${fPort}`);
    const fOpts = commandsInFOpts(this.#parts, session);
    const asksAck = isDue(this.#parts.config.asksEvery?.ack, session.fCntUp);
    const content = { confirmed: confirmed || asksAck, fPort, fOpts, frmPayload: payload.slice() };
    this.#begin(content, session, false);
  }

  /** A downlink came in the receive windows. {@link settle} follows once it has been handled. */
  endExchange(downlink: AirDownlink): void {
    this.#cancelSendingTimer();
    this.#parts.radio.endExchange(downlink);
  }

  /**
   * After an answer: done, unless a confirmed uplink of old was not acknowledged by it. Nothing to settle
   * if what was emitted in between reset the device.
   */
  settle(isAcknowledged: boolean): void {
    const sending = this.#sending;
    if (sending === undefined) return;
    if (this.#wantsAck(sending.frame) && !isAcknowledged) this.#repeat(sending);
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
    this.#isAckDue = false;
    this.#hasAnswered = false;
  }

  #begin(content: Content, session: MacSession, isOwn: boolean): void {
    const { answers, config, classB } = this.#parts;
    const { adr = false, regional, confirmedTransmissions = CONFIRMED_TRANSMISSIONS_MAX } = config;
    const frame: OutgoingData = {
      direction: "up",
      devAddr: session.devAddr,
      adr,
      adrAckReq: adr && asksForDownlink(session, regional),
      ack: this.#ackFCnt !== undefined,
      // where a downlink has FPending, an uplink has ClassB
      fPending: classB.isEnabled,
      ...content,
    };
    this.#sending = {
      frame,
      fCnt: session.fCntUp,
      dr: session.dr,
      confFCnt: this.#ackFCnt,
      isOwn,
      transmissionsLeft: this.#wantsAck(frame) ? confirmedTransmissions : session.nbTrans,
    };
    session.fCntUp += 1;
    session.adrAckCnt += 1;
    this.#ackFCnt = undefined;
    this.#isAckDue = false;
    answers.onUplink();
    this.#transmit(this.#sending, session);
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
    if (!this.#hasAnswered && exceedFOpts(this.#parts, session)) {
      this.#sendAnswers(session);
      return;
    }
    if (this.#isRequested) this.#offerTo(session);
    if (this.#isAckDue && !this.isSending && nvm.session === session) this.#sendEmpty(session);
  }

  #offerTo(session: MacSession): void {
    this.#isRequested = false;
    this.#hasAnswered = false;
    const payloadMaxBytes =
      roomBytes(this.#parts.config, session) - commandsInFOpts(this.#parts, session).length;
    this.#offeredBytes = payloadMaxBytes;
    this.#parts.io.emit({ type: "uplinkReady", payloadMaxBytes });
    this.#offeredBytes = undefined;
  }

  /** It is repeated until an ACK comes; else any downlink will do. */
  #wantsAck({ confirmed }: OutgoingData): boolean {
    return confirmed && TRAITS[this.#parts.config.lorawan].confirmedBy === "ack";
  }

  /** Answers that FOpts cannot hold go ahead of what was asked for. */
  #sendAnswers(session: MacSession): void {
    this.#hasAnswered = true;
    const frmPayload = commandsOnPort0(this.#parts, session);
    this.#begin({ confirmed: false, fPort: 0, fOpts: NO_BYTES, frmPayload }, session, true);
  }

  #sendEmpty(session: MacSession): void {
    const fOpts = commandsInFOpts(this.#parts, session);
    const content = { confirmed: false, fPort: undefined, fOpts, frmPayload: NO_BYTES };
    this.#begin(content, session, true);
  }

  #transmit(sending: Sending, session: MacSession): void {
    const { io, radio, config } = this.#parts;
    const { region } = config.regional;
    const { now } = io.scheduler;
    const { frame, fCnt, dr, confFCnt = 0 } = sending;
    const channels = usableChannels(session, dr, config.regional);
    const channel = drawChannel(channels, radio.dutyCycle, now, io.entropy);
    const txCh = Math.max(session.channels.indexOf(channel), 0);
    const context = { fCnt, confFCnt, txDr: dr, txCh };
    const phy = sealData(frame, session.keys, context, io.crypto);
    const { uplink, doneUs } = radio.transmit(
      phy,
      { frequencyHz: channel.frequencyHz, dr },
      windowsAfter(channel, dr, session, region),
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
    this.#transmitAfter(sending, session, now + pauseUs);
  }

  /** Channels may change while it waits: in class C commands come at any time. */
  #transmitAfter(sending: Sending, session: MacSession, notBefore: WorldUs): void {
    const { scheduler } = this.#parts.io;
    const at = this.#earliestUs(session, sending.dr, notBefore);
    this.#sendingTimer = scheduler.schedule(at, () => {
      const isFree = this.#earliestUs(session, sending.dr, scheduler.now) <= scheduler.now;
      if (isFree) this.#transmit(sending, session);
      else this.#transmitAfter(sending, session, scheduler.now);
    });
  }

  #finish(): void {
    const isOwn = this.#sending?.isOwn === true;
    const { io, nvm, config } = this.#parts;
    this.#sending = undefined;
    if (config.adr === true && nvm.session !== undefined) backOff(nvm.session, config.regional);
    if (!isOwn) io.emit({ type: "uplinkDone" });
    this.plan();
  }

  #earliestUs(session: MacSession, dr: number, notBefore: WorldUs): WorldUs {
    const { radio, config } = this.#parts;
    const channels = usableChannels(session, dr, config.regional);
    return earliestStartUs(channels, radio.dutyCycle, Math.max(notBefore, this.#freeFromUs));
  }

  #cancelSendingTimer(): void {
    if (this.#sendingTimer !== undefined) this.#parts.io.scheduler.cancel(this.#sendingTimer);
    this.#sendingTimer = undefined;
  }
}
