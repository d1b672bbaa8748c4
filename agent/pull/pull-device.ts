import type { UptimeUs } from "#hal/ports.ts";
import type { ImageIdentity } from "../boot/strategy.ts";
import type { DeviceLife, DevicePorts } from "../device-io.ts";
import { succeeds } from "../flash/faults.ts";
import { type PullConfig, requireChunkBytes } from "./config.ts";
import type { Answer, Ask, Dialect } from "./dialect.ts";
import type { PullEffect, PullEvent, PullNote, PullTimerId } from "./events.ts";
import { FailureCount } from "./failure-count.ts";
import { PullMemory } from "./memory.ts";
import { versionOf } from "./offers.ts";
import { settleOutcome } from "./outcome.ts";
import { Pauses } from "./pauses.ts";
import { type PullStatus, statusOf } from "./pull-status.ts";
import { ReportQueue } from "./report-queue.ts";
import { newPullState, type PullState } from "./state.ts";
import { Updater } from "./updater.ts";
import type { UpdaterIo } from "./updater-io.ts";

const S_US = 1_000_000;
const MS_US = 1000;
/** Whatever a server says. */
const POLL_MAX_S = 86_400;

/** One life, from reset to reset. */
export interface PullLife extends Pick<DeviceLife, "decision"> {
  /** Reading of the clock at boot, in milliseconds of Unix time. */
  readonly unixMs: number;
}

/**
 * The end device with an IP link, in one life: a sans-IO machine over a flash that outlives it. It
 * asks one thing at a time; whatever does not come, or comes wrong, is asked for again after a
 * while, once it has heard anew which package is assigned.
 *
 * A port that loses power throws `PowerLoss` through {@link step}; then the object is dead.
 */
export class PullDevice implements UpdaterIo {
  at: UptimeUs = 0;
  readonly effects: PullEffect[] = [];
  readonly state: PullState = newPullState();
  readonly memory: PullMemory;
  readonly ports: DevicePorts;
  readonly config: PullConfig;
  readonly running: ImageIdentity;
  readonly reports: ReportQueue;
  isTrial: boolean;
  readonly #dialect: Dialect;
  readonly #updater: Updater;
  #asked: Ask | undefined;
  /** For a timer: nothing is asked meanwhile. */
  #isWaiting = false;
  #isTargetKnown = false;
  #isIdle = false;
  #pollS = 0;
  readonly isUnchecked: boolean;
  readonly #failures = new FailureCount();
  readonly #pauses: Pauses;

  constructor(config: PullConfig, ports: DevicePorts, dialect: Dialect, life: PullLife) {
    requireChunkBytes(config, ports.flash.geometry.granuleBytes, dialect.chunkBytesMax);
    this.config = config;
    this.ports = ports;
    this.running = life.decision.image;
    this.isTrial = life.decision.trial;
    this.memory = new PullMemory(ports.flash, ports.layout.journal, this.state);
    this.memory.load();
    this.reports = new ReportQueue(life.unixMs, dialect.tellsProgress);
    this.#dialect = dialect;
    this.isUnchecked = dialect.isUnchecked === true;
    this.#updater = new Updater(this);
    this.#pauses = new Pauses(config.backOff, ports.entropy);
  }

  /** Returned array is reused by the next step. */
  step(event: PullEvent): readonly PullEffect[] {
    this.at = event.at;
    if (this.effects.length > 0) this.effects.length = 0;
    switch (event.type) {
      case "boot":
        this.#boot();
        break;
      case "timer":
        this.#timer(event.id);
        break;
      default: {
        const answer = this.#dialect.step(event, this);
        if (answer === "reached") this.#expectAnswer();
        else if (answer !== undefined) this.#answer(answer);
      }
    }
    this.#next();
    return this.effects;
  }

  status(): PullStatus {
    return statusOf(this, this.#isIdle);
  }

  note(note: PullNote): void {
    this.effects.push({ type: "note", note });
  }

  #boot(): void {
    this.note({ type: "booted", report: this.ports.boot.report() });
    if (this.isTrial) this.#setTimer("trialDeadline", this.config.trialDeadlineS * S_US);
    this.reports.push(undefined);
    settleOutcome(this);
    const { startDelayMaxS } = this.config;
    // A trial has little time to prove itself.
    if (startDelayMaxS === 0 || this.isTrial) return;
    this.#wait("start", this.ports.entropy.below("pullStart", startDelayMaxS * S_US + 1));
  }

  #timer(id: PullTimerId): void {
    switch (id) {
      case "start":
      case "retry":
        this.#isWaiting = false;
        break;
      case "poll":
        this.#isWaiting = false;
        this.#isTargetKnown = false;
        this.reports.takeUpAgain();
        break;
      case "answer":
        if (this.#asked === undefined) break;
        this.#dialect.giveUp(this);
        this.#answer(this.#lateAnswer(this.#asked));
        break;
      case "trialDeadline":
        if (this.isTrial) this.effects.push({ type: "reboot", reason: "trialDeadline" });
        break;
      default:
        id satisfies never;
    }
  }

  #answer(answer: Answer): void {
    if (answer.type === "changed") {
      this.#isTargetKnown = false;
      this.reports.takeUpAgain();
      const pauseMs = this.#pauses.spokenMs(this.at);
      if (pauseMs !== undefined) this.#pause(pauseMs * MS_US);
      if (this.#asked?.type !== "change") return;
      this.#endAsk();
      this.#failures.answered("change");
      // What changes comes in several messages; and a server may have something to say for ever.
      this.#wait("retry", this.config.backOff.firstMs * MS_US);
      return;
    }
    const asked = this.#endAsk();
    if (asked === undefined) return;
    switch (answer.type) {
      case "target":
        this.#contact(asked);
        this.#pollAfter(answer.pollS);
        this.#isTargetKnown = true;
        this.#updater.offered(answer.offer);
        break;
      case "later":
        this.#contact(asked);
        this.#isTargetKnown = this.#updater.nextChunk() === undefined;
        this.#pollAfter(answer.pollS);
        if (!this.#isTargetKnown) this.#pause(this.#pollS * S_US);
        break;
      case "chunk":
        this.#contact();
        if (asked.type === "chunk") this.#chunk(asked, answer.bytes);
        break;
      case "lastChunk":
        this.#contact(asked);
        if (asked.type === "chunk") this.#updater.takeLast(asked, answer);
        break;
      case "wrongChunk":
        this.#contact();
        this.#wrongChunk(asked, answer.detail, answer.isFinal);
        break;
      case "reported":
        this.#contact(asked);
        if (this.reports.told()) this.#updater.outcomeTold();
        break;
      case "denied":
        this.#failed(asked, answer.detail, answer.cause);
        break;
      case "failed":
        this.#failed(asked, answer.detail);
        break;
      default:
        answer satisfies never;
    }
  }

  #endAsk(): Ask | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined) this.effects.push({ type: "clearTimer", id: "answer" });
    return asked;
  }

  #chunk(asked: Ask & { readonly type: "chunk" }, bytes: Uint8Array): void {
    if (bytes.length === asked.expectBytes) {
      this.#failures.answered("chunk");
      this.#updater.takeChunk(asked, bytes);
      return;
    }
    this.#wrongChunk(asked, `${bytes.length} bytes instead of ${asked.expectBytes}`);
  }

  #wrongChunk(asked: Ask, what: string, isFinal = false): void {
    const detail = asked.type === "chunk" ? `chunk ${asked.index}: ${what}` : what;
    if (this.#updater.wrongChunk(detail, isFinal)) this.#failed(asked, detail);
  }

  /** The server answered something of this life: what a new image has to prove. */
  #contact(answered?: Ask): void {
    this.#failures.heard();
    if (answered !== undefined) this.#failures.answered(answered.type);
    if (!this.isTrial || !succeeds(() => this.ports.boot.confirm())) return;
    this.isTrial = false;
    this.effects.push({ type: "clearTimer", id: "trialDeadline" });
    this.note({ type: "confirmed" });
    settleOutcome(this);
  }

  /** What nobody tells of in time may have changed all the same. */
  #lateAnswer({ type }: Ask): Answer {
    if (type === "change") return { type: "changed" };
    return { type: "failed", detail: `no answer in ${this.config.answerTimeoutMs} ms` };
  }

  #failed(asked: Ask, detail: string, cause?: "credentials" | "assignment"): void {
    this.#isTargetKnown = false;
    if (asked.type === "report") this.reports.notTold();
    const failures = this.#failures.failed(asked.type);
    const retryMs = this.#pauses.afterMs(failures, this.at);
    if (cause === undefined) this.note({ type: "noAnswer", detail, retryMs });
    else this.note({ type: "denied", cause, detail, retryMs });
    this.#pause(retryMs * MS_US);
  }

  /** Asks what is to be asked next, if anything; everything that may happen in a step ends here. */
  #next(): void {
    if (this.#asked !== undefined || this.#isWaiting) return;
    this.#isIdle = false;
    const own = { title: this.config.title, version: versionOf(this.state, this.running) };
    if (this.#dialect.isSilent && this.reports.tellNobody()) this.#updater.outcomeTold();
    const report = this.reports.next(own, this.at);
    if (report !== undefined) {
      this.#ask({ type: "report", report });
      return;
    }
    if (this.#updater.isStaged) {
      this.effects.push({ type: "reboot", reason: "activate" });
      return;
    }
    if (!this.#isTargetKnown) {
      this.#ask({ type: "target", ...own });
      return;
    }
    const chunk = this.#updater.nextChunk();
    if (chunk !== undefined) {
      this.#ask(chunk);
      return;
    }
    this.#isIdle = true;
    if (this.#dialect.tellsChanges) this.#ask({ type: "change", seconds: this.#pollS });
    else this.#wait("poll", this.#pollS * S_US);
  }

  #ask(ask: Ask): void {
    this.#asked = ask;
    this.#pauses.asked();
    this.#expectAnswer();
    this.#dialect.ask(ask, this);
  }

  #expectAnswer(): void {
    if (this.#asked === undefined) return;
    const longerUs = this.#asked.type === "change" ? this.#asked.seconds * S_US : 0;
    this.#setTimer("answer", this.config.answerTimeoutMs * MS_US + longerUs);
  }

  #pollAfter(seconds = this.config.pollS): void {
    this.#pollS = Math.min(Math.max(seconds, 1), POLL_MAX_S);
  }

  #pause(delayUs: number): void {
    this.#pauses.begin(this.at + delayUs);
    this.#wait("retry", delayUs);
  }

  #wait(id: PullTimerId, delayUs: number): void {
    this.#isWaiting = true;
    this.#setTimer(id, delayUs);
  }

  #setTimer(id: PullTimerId, delayUs: number): void {
    this.effects.push({ type: "setTimer", id, at: this.at + delayUs });
  }
}
