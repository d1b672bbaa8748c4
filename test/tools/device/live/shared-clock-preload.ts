import { performance } from "node:perf_hooks";
import { ClockFile } from "./clock-file.ts";

/**
 * Preloaded into the processes of a test: their clocks and timers are those of one world that runs so
 * many times as fast as time does, and waits for who lags. On a busy machine it is slower, and nothing
 * else.
 *
 * One process leads; the world stands still while the other has not shown for a moment that it is
 * alive: while it works, when it is dead.
 */

const { FUOTA_TEST_CLOCK: path = "", FUOTA_TEST_ROLE } = process.env;
const file = ClockFile.open(path);
const BEAT_MS = 2;
/** No beat for so long: it lags. */
const LAG_MS = 15;
/** The most that the world moves at once, in real time. */
const STEP_MAX_MS = 5;
/** What waits for the other process waits for so much real time, too: bytes need it on their way. */
const MOMENT_MS = 200;
/** The world may have become faster in the meantime. */
const LOOK_MS = 50;

const RealDate = Date;
const realNow = performance.now.bind(performance);
const realSetTimeout = setTimeout;
const realSetInterval = setInterval;
const clearRealTimeout = clearTimeout;
const worldMs = () => file.read("worldMs");
const startMs = worldMs();

function lead(): void {
  let lastMs = realNow();
  realSetInterval(() => {
    const now = realNow();
    const stepMs = Math.min(now - lastMs, STEP_MAX_MS) * file.read("speed");
    lastMs = now;
    const isFollowed = RealDate.now() - file.read("beatMs") < LAG_MS;
    const world = worldMs();
    if (isFollowed || world < file.read("aloneUntilMs")) file.write("worldMs", world + stepMs);
  }, BEAT_MS).unref();
}

function follow(): void {
  realSetInterval(() => file.write("beatMs", RealDate.now()), BEAT_MS).unref();
}

/** A timer of Node's that fires when it is due in the world, and no earlier than after a moment. */
class WorldTimer {
  readonly #ms: number;
  readonly #run: () => void;
  readonly #repeats: boolean;
  #real: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #earliestMs = 0;
  #isUnref = false;

  constructor(ms: number, repeats: boolean, run: () => void) {
    this.#ms = ms;
    this.#run = run;
    this.#repeats = repeats;
    this.refresh();
  }

  refresh(): this {
    this.#dueMs = worldMs() + this.#ms;
    this.#earliestMs = realNow() + Math.min(this.#ms, MOMENT_MS);
    this.#wait();
    return this;
  }

  close(): this {
    clearRealTimeout(this.#real);
    this.#real = undefined;
    return this;
  }

  unref(): this {
    this.#isUnref = true;
    this.#real?.unref();
    return this;
  }

  ref(): this {
    this.#isUnref = false;
    this.#real?.ref();
    return this;
  }

  hasRef(): boolean {
    return !this.#isUnref;
  }

  #wait(): void {
    this.close();
    this.#real = realSetTimeout(() => this.#fire(), Math.min(LOOK_MS, Math.max(0, this.#leftMs)));
    if (this.#isUnref) this.#real.unref();
  }

  get #leftMs(): number {
    return Math.max((this.#dueMs - worldMs()) / file.read("speed"), this.#earliestMs - realNow());
  }

  #fire(): void {
    if (this.#leftMs > 0) {
      this.#wait();
      return;
    }
    this.#real = undefined;
    if (this.#repeats) this.refresh();
    this.#run();
  }
}

const clear = (timer: unknown) => {
  if (timer instanceof WorldTimer) timer.close();
  else clearRealTimeout(timer as NodeJS.Timeout);
};
type Run = (...args: unknown[]) => void;
const timers =
  (repeats: boolean) =>
  (run: Run, ms = 0, ...args: unknown[]) =>
    new WorldTimer(ms, repeats, () => run(...args));

if (FUOTA_TEST_ROLE === "leads") lead();
else follow();
Object.assign(globalThis, {
  setTimeout: timers(false),
  setInterval: timers(true),
  clearTimeout: clear,
  clearInterval: clear,
  Date: class extends RealDate {
    constructor(at: number | string = worldMs()) {
      super(at);
    }
    static override now = () => Math.floor(worldMs());
  },
});
performance.now = () => worldMs() - startMs;
