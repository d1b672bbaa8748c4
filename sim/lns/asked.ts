import type { WorldUs } from "#sim/kernel/engine.ts";

/** A request to a device. */
export interface Asked {
  readonly fPort: number;
  readonly cid: number;
  readonly payload: Uint8Array;
  /** When the gateway got it. */
  readonly at: WorldUs;
  /** Undefined: nobody has said yet. */
  isSent: boolean | undefined;
  isAnswered: boolean;
}

/** Requests are remembered in the order in which they went out. */
export class AskedLog {
  readonly #asked: Asked[] = [];

  add(fPort: number, payload: Uint8Array, at: WorldUs): Asked {
    const cid = payload[0] ?? 0;
    const asked = { fPort, cid, payload, at, isSent: undefined, isAnswered: false };
    this.#asked.push(asked);
    return asked;
  }

  /** What an answer is to: the newest that has none; undefined: nothing. */
  take(fPort: number, cid: number): Asked | undefined {
    const found = this.#of(fPort, cid).findLast(({ isAnswered }) => !isAnswered);
    if (found !== undefined) found.isAnswered = true;
    return found;
  }

  /** Whether the same was answered before. */
  isRepeat(asked: Asked): boolean {
    return this.#of(asked.fPort, asked.cid).some(
      (other) => other !== asked && other.isAnswered && isSame(other.payload, asked.payload),
    );
  }

  /** Whether the same may have been answered before, in words that were lost. */
  isRetry(asked: Asked): boolean {
    return this.#of(asked.fPort, asked.cid).some(
      (other) => other !== asked && !other.isAnswered && isSame(other.payload, asked.payload),
    );
  }

  /**
   * The newest that was sent, when none of that command was answered; of those with this byte behind
   * the CID, if one is named.
   */
  unanswered(fPort: number, cid: number, second?: number): Asked | undefined {
    const sent = this.#of(fPort, cid).filter(
      ({ isSent, payload }) => isSent === true && (second === undefined || payload[1] === second),
    );
    return sent.some(({ isAnswered }) => isAnswered) ? undefined : sent.at(-1);
  }

  /** The newest that was sent again after it had been answered, and was not answered again. */
  unansweredRepeat(fPort: number, cid: number): Asked | undefined {
    return this.#of(fPort, cid).findLast(
      (asked) => asked.isSent === true && !asked.isAnswered && this.isRepeat(asked),
    );
  }

  #of(fPort: number, cid: number): readonly Asked[] {
    return this.#asked.filter(
      (asked) => asked.fPort === fPort && asked.cid === cid && asked.isSent !== false,
    );
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
