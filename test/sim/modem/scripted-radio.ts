import type { Scheduler } from "#sim/kernel/engine.ts";
import type {
  AnswerDownlink,
  ModemClass,
  ModemGroup,
  ModemRadio,
  RadioEvent,
  SendOptions,
  SendOutcome,
} from "#sim/modem/modem-radio.ts";

const EXCHANGE_US = 3_000_000;

/** A stack whose network does what a script says, with the signals that it says. */
export class ScriptedRadio implements ModemRadio {
  isJoined = false;
  devAddr = 0x26_01_5f_66;
  netId = 0x13;
  payloadMaxBytes = 222;
  readonly rx2 = { frequencyHz: 869_525_000, dr: 0 };
  listening: readonly ModemGroup[] = [];
  /** What the network does next. */
  next: {
    joins?: boolean;
    isStuck?: boolean;
    acknowledges?: boolean;
    morePending?: boolean;
    restrictedMs?: number;
    signal?: { window: "1" | "2"; rssiDbm: number; snrDb: number };
    downlink?: AnswerDownlink;
    link?: { marginDb: number; gateways: number };
    gps?: number;
  } = {};
  emit: (event: RadioEvent) => void = () => {};
  readonly #scheduler: Scheduler;
  #isBusy = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  join(): boolean {
    const { joins = false, isStuck = false } = this.next;
    if (this.#isBusy) return false;
    this.next = {};
    this.#later(() => {
      this.isJoined = joins;
      const reason = isStuck ? "txTimeout" : "rxTimeout";
      this.emit(joins ? { type: "joined" } : { type: "joinFailed", reason });
    });
    return true;
  }

  stopJoining(): void {}

  send(_fPort: number, payload: Uint8Array, _dr: number, options: SendOptions): SendOutcome {
    if (!this.isJoined) return { type: "notJoined" };
    if (this.#isBusy) return { type: "busy" };
    const { restrictedMs } = this.next;
    if (restrictedMs !== undefined) return { type: "restricted", waitMs: restrictedMs };
    const { acknowledges: acknowledged = false, link, gps } = this.next;
    const answer = this.#answer();
    this.next = {};
    const { confirmed } = options;
    this.#later(() =>
      this.emit({ type: "exchangeOver", confirmed, acknowledged, answer, link, gps }),
    );
    return { type: payload.length > this.payloadMaxBytes ? "tooLong" : "accepted" };
  }

  listen(_: ModemClass, groups: readonly ModemGroup[]): void {
    this.listening = groups;
  }

  reset(): void {
    this.isJoined = false;
    this.listening = [];
  }

  #answer(): AnswerDownlink | undefined {
    const { downlink, signal, morePending = false } = this.next;
    if (downlink !== undefined) return { ...downlink, morePending };
    if (signal === undefined) return undefined;
    return { ...signal, morePending, fPort: undefined, payload: new Uint8Array(0) };
  }

  #later(run: () => void): void {
    this.#isBusy = true;
    this.#scheduler.schedule(this.#scheduler.now + EXCHANGE_US, () => {
      this.#isBusy = false;
      run();
    });
  }
}
