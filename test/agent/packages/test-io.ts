import { DeviceClock } from "#agent/clock.ts";
import type { DeviceEffect, DeviceNote } from "#agent/events.ts";
import type { Saying } from "#agent/outbox.ts";
import type { PackageIo, PersistItem } from "#agent/packages/package-io.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";

export const S = 1_000_000;
/** 2026-01-01T00:00:00Z. */
export const NOW_GPS = 1_451_260_818;

export const unicast = { type: "unicast" } as const;
export const multicast = { type: "multicast", groupId: 0, fCnt: 1 } as const;

/** Everything a package can touch, recorded. */
export class TestIo implements PackageIo {
  at = 100 * S;
  readonly clock: DeviceClock;
  readonly crypto = new NodeCrypto();
  readonly effects: DeviceEffect[] = [];
  readonly sayings: Saying[] = [];
  readonly persisted: PersistItem[] = [];
  /** Fraction of the bound that every draw gives; 1 is the largest value there is. */
  luck = 0;
  readonly entropy = {
    below: (_purpose: string, bound: number) => Math.min(Math.floor(this.luck * bound), bound - 1),
  };

  constructor(options: { readonly gps?: number; readonly synced?: boolean } = {}) {
    this.clock = new DeviceClock(options.gps ?? NOW_GPS, this.at, options.synced ?? true);
  }

  say(saying: Saying): void {
    this.sayings.push(saying);
  }

  persist(item: PersistItem): void {
    this.persisted.push(item);
  }

  /** What was pushed since the last call, without the notes for people. */
  takeEffects(): readonly DeviceEffect[] {
    return this.effects.splice(0).filter(({ type }) => type !== "note");
  }

  /** The notes for people among what was pushed. */
  get notes(): readonly DeviceNote[] {
    return this.effects.flatMap((effect) => (effect.type === "note" ? [effect.note] : []));
  }

  takeSayings(): readonly Saying[] {
    return this.sayings.splice(0);
  }

  /** Of the timer that was armed last under this name. */
  timerAt(id: string): number | undefined {
    const armed = this.effects.findLast(
      (effect) => (effect.type === "setTimer" || effect.type === "clearTimer") && effect.id === id,
    );
    return armed?.type === "setTimer" ? armed.at : undefined;
  }

  get isIdle(): boolean {
    return this.effects.length + this.sayings.length + this.persisted.length === 0;
  }
}
