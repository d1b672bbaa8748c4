import type { DeviceEffect } from "#agent/events.ts";
import { HEARTBEAT_PORT } from "#agent/heartbeat.wire.ts";
import type { ResolvedDevice } from "#scenarios/defaults.ts";
import type { Scheduled, Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { type Answer, answerIn, withAnswerErrors } from "./answer-errors.ts";

type Uplink = Extract<DeviceEffect, { type: "uplink" }>;

interface Waiting {
  readonly at: WorldUs;
  readonly fPort: number;
  readonly payload: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
/** MissingFrag in a FragSessionStatusAns: behind CID and count, or behind the status too. */
const MISSING_AT = { v1: 3, v2: 4 } as const;

/**
 * What becomes of a device's answers between its agent and its modem: errors that it claims, answers
 * that are forgotten, come late or are said again. The agent knows nothing of it. In the place of an
 * answer that does not leave goes an empty uplink; one that is due takes the place of a heartbeat.
 */
export class AnswerFaults {
  readonly #device: Pick<ResolvedDevice, "answerErrors" | "answerFaults" | "packages">;
  readonly #scheduler: Scheduler;
  readonly #requestUplink: () => void;
  readonly #lost = new Map<Answer, number>();
  #waiting: readonly Waiting[] = [];
  #timers: Scheduled[] = [];

  /** `requestUplink`: there is something to say. */
  constructor(
    device: Pick<ResolvedDevice, "answerErrors" | "answerFaults" | "packages">,
    scheduler: Scheduler,
    requestUplink: () => void,
  ) {
    this.#device = device;
    this.#scheduler = scheduler;
    this.#requestUplink = requestUplink;
  }

  /** What the modem is told instead. */
  pass<E extends DeviceEffect>(effect: E): E | Uplink {
    return effect.type === "uplink" ? this.#passUplink(effect) : effect;
  }

  #passUplink(effect: Uplink): Uplink {
    const answer = answerIn(effect.fPort, effect.payload);
    if (answer === undefined) return this.#due(effect);
    const said = this.#withMissing(answer, withAnswerErrors(effect, this.#device));
    const { lose = 0, delayS = 0, copies = 1 } = this.#device.answerFaults[answer] ?? {};
    const lost = this.#lost.get(answer) ?? 0;
    if (lost < lose) {
      this.#lost.set(answer, lost + 1);
      return silenced(effect);
    }
    const again = delayS > 0 ? copies : copies - 1;
    for (let copy = 0; copy < again; copy++) this.#sayLater(said, delayS);
    return delayS > 0 ? silenced(effect) : said;
  }

  /** A reset: what waited is forgotten. */
  reset(): void {
    for (const timer of this.#timers) this.#scheduler.cancel(timer);
    this.#timers = [];
    this.#waiting = [];
  }

  #sayLater({ fPort, payload }: Uplink, delayS: number): void {
    const at = this.#scheduler.now + Math.round(delayS * 1e6);
    this.#waiting = [...this.#waiting, { at, fPort, payload: payload.slice() }];
    this.#timers.push(this.#scheduler.schedule(at, this.#requestUplink));
  }

  #due(effect: Uplink): Uplink {
    const first = this.#waiting.find(({ at }) => at <= this.#scheduler.now);
    if (first === undefined || effect.fPort !== HEARTBEAT_PORT) return effect;
    this.#waiting = this.#waiting.filter((other) => other !== first);
    const { fPort, payload } = first;
    if (this.#waiting.some(({ at }) => at <= this.#scheduler.now)) {
      this.#timers.push(this.#scheduler.schedule(this.#scheduler.now + 1, this.#requestUplink));
    }
    return { ...effect, fPort, payload };
  }

  #withMissing(answer: Answer, effect: Uplink): Uplink {
    const { answerFaults, packages } = this.#device;
    const { missingFrag } = answerFaults[answer] ?? {};
    if (answer !== "fragStatus" || missingFrag === undefined) return effect;
    const payload = effect.payload.slice();
    payload[MISSING_AT[packages]] = missingFrag;
    return { ...effect, payload };
  }
}

function silenced(effect: Uplink): Uplink {
  return { ...effect, fPort: HEARTBEAT_PORT, payload: NO_BYTES };
}
