import type { UptimeUs } from "#hal/ports.ts";
import { type FailureCause, failureOf } from "./failure.ts";
import type { Report, UpdateState } from "./report.ts";

const MS_US = 1000;

/** Of two reports of progress, the second has so much more. */
const PROGRESS_STEP = 10;

/** Tries for a report; an update goes on without its server having heard of every step. */
const TRIES_MAX = 4;

interface Waiting {
  readonly state: UpdateState | undefined;
  readonly error: string;
  readonly cause?: FailureCause;
  readonly progress?: number;
  tries: number;
}

const ENDS: readonly (UpdateState | undefined)[] = ["UPDATED", "FAILED"];
/** What runs, and how an update ended, is told until the server has heard it. */
const KEPT: readonly (UpdateState | undefined)[] = [undefined, ...ENDS];

/** What a device has to say, in order, each with a time of its own. */
export class ReportQueue {
  readonly #waiting: Waiting[] = [];
  /** Nothing is said until the next poll: the server would not hear it. */
  #isHeld = false;
  readonly #bootUnixMs: number;
  readonly #tellsProgress: boolean;
  #lastUnixMs = 0;
  #lastProgress = 0;

  constructor(bootUnixMs: number, tellsProgress = false) {
    this.#bootUnixMs = bootUnixMs;
    this.#tellsProgress = tellsProgress;
  }

  push(state: UpdateState | undefined): void {
    this.#waiting.push({ state, error: "", tries: 0 });
  }

  /** `detail`: none is known any more after a reset. */
  pushFailed(cause: FailureCause, detail?: string): void {
    const failure = failureOf(cause);
    const error = detail === undefined ? failure : `${failure}: ${detail}`;
    this.#waiting.push({ state: "FAILED", error, cause, tries: 0 });
  }

  /** Of a download of known size, where the server wants to know. */
  pushProgress(offsetBytes: number, sizeBytes: number): void {
    if (!this.#tellsProgress) return;
    const steps = Math.floor((offsetBytes * 100) / sizeBytes / PROGRESS_STEP);
    const progress = steps * PROGRESS_STEP;
    if (progress === this.#lastProgress) return;
    this.#lastProgress = progress;
    if (this.#waiting.at(-1)?.progress !== undefined) this.#waiting.pop();
    this.#waiting.push({ state: "DOWNLOADING", error: "", progress, tries: 0 });
  }

  /** An update that failed makes what there was to say of its progress stale. */
  forgetProgress(): void {
    const rest = this.#waiting.filter(({ state }) => KEPT.includes(state));
    this.#waiting.splice(0, this.#waiting.length, ...rest);
  }

  next(image: Pick<Report, "title" | "version">, at: UptimeUs): Report | undefined {
    const [first] = this.#waiting;
    if (first === undefined || this.#isHeld) return undefined;
    // Two telemetry values of one millisecond are one.
    const nowMs = this.#bootUnixMs + Math.floor(at / MS_US);
    this.#lastUnixMs = Math.max(nowMs, this.#lastUnixMs + 1);
    const { tries: _, ...told } = first;
    return { ...image, ...told, unixMs: this.#lastUnixMs };
  }

  /** The server has the first of them. Returns whether that was the end of an update. */
  told(): boolean {
    this.#isHeld = false;
    return ENDS.includes(this.#waiting.shift()?.state);
  }

  /** There is nobody to tell. Returns whether the end of an update was among it. */
  tellNobody(): boolean {
    return this.#waiting.splice(0).some(({ state }) => ENDS.includes(state));
  }

  notTold(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    first.tries += 1;
    if (first.tries % TRIES_MAX !== 0) return;
    if (KEPT.includes(first.state)) this.#isHeld = true;
    else this.#waiting.shift();
  }

  takeUpAgain(): void {
    this.#isHeld = false;
  }
}
