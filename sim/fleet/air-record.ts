/** What became of the multicast frames to one device, by their counters. */
export interface AirRecord {
  /** Lost on the way, whether the device listened or not: decided by the seed alone. */
  readonly lost: readonly number[];
  /** On the air, not lost, and missed: the device was sending, or not listening. */
  readonly missed: readonly number[];
}

export class AirLog implements AirRecord {
  readonly lost: number[] = [];
  readonly missed: number[] = [];

  #heard = -1;

  /** A frame that is repeated counts once. */
  take(fCnt: number, fate: keyof AirRecord): void {
    if (this.#heard !== fCnt && this[fate].at(-1) !== fCnt) this[fate].push(fCnt);
  }

  /** It came by one gateway: what became of its copies by others does not matter. */
  hear(fCnt: number): void {
    this.#heard = fCnt;
    for (const fates of [this.lost, this.missed]) if (fates.at(-1) === fCnt) fates.pop();
  }
}
