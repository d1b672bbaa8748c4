import type { Entropy, UptimeUs } from "#hal/ports.ts";
import type { DeviceEffect } from "./events.ts";
import { Outbox, type Saying } from "./outbox.ts";

const S_US = 1_000_000;
/** Uplinks in a row only because the server has more, before the next has to wait for its period. */
const PENDING_POLLS_MAX = 32;
/** After a class C session: this many heartbeats come this much faster, for the status request. */
const SESSION_POLLS = 16;
const SESSION_POLL_FACTOR = 4;
const POLL_MIN_S = 5;
/** On trial: so many heartbeats before the deadline, because any of them may be lost. */
const TRIAL_POLLS = 10;

/** What a step may push to. */
interface UplinkIo {
  readonly at: UptimeUs;
  readonly entropy: Entropy;
  readonly effects: DeviceEffect[];
}

/**
 * When the device speaks: at once when it has something to say or the server has more to deliver,
 * else with every heartbeat. In an open class C window it keeps quiet but for answers, because its
 * receiver is deaf while it sends. A new image on trial cannot afford that.
 */
export class Uplinks {
  readonly #heartbeatS: number;
  readonly #trialDeadlineS: number;
  readonly #outbox = new Outbox();
  #isJoined = false;
  /** Asked for, or being sent: the modem will tell. */
  #isBusy = false;
  #isWindowOpen = false;
  #isTrial = false;
  #isMorePending = false;
  #pendingPolls = 0;
  #sessionPolls = 0;

  constructor(heartbeatS: number, trialDeadlineS: number) {
    this.#heartbeatS = heartbeatS;
    this.#trialDeadlineS = trialDeadlineS;
  }

  get isQuiet(): boolean {
    return this.#outbox.next === undefined;
  }

  say(saying: Saying, io: UplinkIo): void {
    if (this.#outbox.push(saying)) this.#request(io);
  }

  /** The first uplink of a life is spread over a period, but on a trial: that has to hurry. */
  joined(isTrial: boolean, io: UplinkIo): void {
    this.#isJoined = true;
    this.#isTrial = isTrial;
    this.#request(io);
    if (isTrial) this.say({ type: "heartbeat" }, io);
    this.#armHeartbeat(io.entropy.below("heartbeat", this.#periodUs()) + 1, io);
  }

  /** The trial is over. */
  confirmed(): void {
    this.#isTrial = false;
  }

  heartbeat(io: UplinkIo): void {
    if (this.#sessionPolls > 0) this.#sessionPolls -= 1;
    if (!this.#isWindowOpen || this.#isTrial) this.say({ type: "heartbeat" }, io);
    this.#armHeartbeat(this.#periodUs(), io);
  }

  /** A downlink came, or an acknowledgement. */
  heard(morePending: boolean): void {
    this.#isMorePending = morePending;
    if (!morePending) this.#pendingPolls = 0;
  }

  /** To be called whenever a class C window may have opened or closed. */
  setWindow(isOpen: boolean, io: UplinkIo): void {
    if (isOpen === this.#isWindowOpen) return;
    this.#isWindowOpen = isOpen;
    if (isOpen) return;
    this.#sessionPolls = SESSION_POLLS;
    this.#armHeartbeat(S_US + io.entropy.below("sessionPoll", this.#periodUs()), io);
  }

  /** The status was given: no need to hurry any more. */
  statusAnswered(): void {
    this.#sessionPolls = 0;
  }

  /** The modem is ready: takes what is to be said next. Any uplink is as good as a heartbeat. */
  take(io: UplinkIo): Saying {
    this.#isBusy = true;
    this.#isMorePending = false;
    this.#armHeartbeat(this.#periodUs(), io);
    return this.#outbox.shift() ?? { type: "heartbeat" };
  }

  /** What would be said after what was taken. */
  get next(): Saying | undefined {
    return this.#outbox.next;
  }

  /** It goes along, or is not said. */
  drop(): void {
    this.#outbox.shift();
  }

  done(io: UplinkIo): void {
    this.#isBusy = false;
    const mayPoll = this.#pendingPolls < PENDING_POLLS_MAX && !this.#isWindowOpen;
    if (this.isQuiet && this.#isMorePending && mayPoll) {
      this.#pendingPolls += 1;
      this.say({ type: "heartbeat" }, io);
      return;
    }
    this.#request(io);
  }

  #request(io: UplinkIo): void {
    if (!this.#isJoined || this.#isBusy || this.isQuiet) return;
    this.#isBusy = true;
    io.effects.push({ type: "requestUplink" });
  }

  #periodUs(): number {
    let periodS = this.#heartbeatS;
    if (this.#isTrial) periodS = Math.min(periodS, this.#trialDeadlineS / TRIAL_POLLS);
    if (this.#sessionPolls > 0) periodS = Math.min(periodS, this.#heartbeatS / SESSION_POLL_FACTOR);
    return Math.ceil(Math.max(periodS, Math.min(POLL_MIN_S, this.#heartbeatS))) * S_US;
  }

  #armHeartbeat(delayUs: number, { at, effects }: UplinkIo): void {
    effects.push({ type: "setTimer", id: "heartbeat", at: at + delayUs });
  }
}
