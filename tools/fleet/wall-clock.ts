import { gpsSecondsOf } from "#hal/net/gps-time.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { Engine } from "#sim/kernel/engine.ts";
import { LagMeter } from "./lag.ts";

/** A pass at least so often, so that lag is seen even when nothing is due. */
const PASS_MS = 20;

/** The GPS second that runs now, and how much of it is over. */
export function gpsNow(): { readonly seconds: GpsSeconds; readonly ms: number } {
  const utcMs = Date.now();
  const seconds = gpsSecondsOf(Math.floor(utcMs / 1000));
  return { seconds, ms: utcMs % 1000 };
}

/** Runs a world on real time: the same events in the same order as in virtual time, when they are due. */
export class WallClock {
  readonly lag = new LagMeter();
  readonly #engine: Engine;
  readonly #originMs: number;
  readonly #speed: number;
  #timer: NodeJS.Timeout | undefined;
  #onBug: (error: unknown) => void = () => {};

  /** The world is `ageMs` old now. A test's may run faster than time does. */
  constructor(engine: Engine, ageMs: number, speed = 1) {
    this.#engine = engine;
    this.#speed = speed;
    this.#originMs = performance.now() - ageMs / speed;
  }

  /** Runs until {@link stop}; rejects with what an event throws. */
  run(): Promise<never> {
    return new Promise((_, reject) => {
      this.#onBug = reject;
      this.#pass();
    });
  }

  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** How old the world is by now, whatever it has come to. */
  get ageUs(): number {
    return Math.floor((performance.now() - this.#originMs) * this.#speed * 1000);
  }

  /** Brings the world to the present: before anything from outside is put into it. */
  sync(): void {
    const nowUs = this.ageUs;
    const { nextAt } = this.#engine;
    if (nextAt !== undefined && nextAt <= nowUs) this.lag.add((nowUs - nextAt) / 1000);
    this.#engine.advance(Math.max(nowUs, this.#engine.now));
  }

  #pass(): void {
    try {
      this.sync();
    } catch (error) {
      this.#onBug(error);
      return;
    }
    const { nextAt } = this.#engine;
    const dueMs = nextAt === undefined ? PASS_MS : (nextAt - this.ageUs) / 1000 / this.#speed;
    this.#timer = setTimeout(() => this.#pass(), Math.max(0, Math.min(PASS_MS, dueMs)));
  }
}
