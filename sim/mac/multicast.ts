import type { DeviceEffect, DownlinkSource } from "#agent/events.ts";
import type { Crypto } from "#hal/ports.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { type DataFrame, fullFCnt } from "./frame.ts";
import { frameMemo, type KeyRing, keyRing } from "./frame-memo.ts";
import type { MacEvent } from "./mac-parts.ts";
import type { Tuning } from "./radio.ts";

export const MC_GROUPS_MAX = 4;

const CLOSED = -1;
/** A window on whatever channel the beacon says. */
const ANY_HZ = 0;

interface McGroup {
  readonly groupId: number;
  readonly ring: KeyRing;
  /** Lowest counter still acceptable. */
  nextFCnt: number;
  /** The class C window, or CLOSED. */
  windowHz: number;
  windowDr: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The event of a multicast downlink. One object for all devices of a process, written for each
 * reception and valid until the next: a thousand devices hear a thousand fragments, and nothing that
 * is emitted during an `emit` is another reception.
 */
const mcSource: Writable<Extract<DownlinkSource, { type: "multicast" }>> = {
  type: "multicast",
  groupId: 0,
  fCnt: 0,
};
const mcEvent: Writable<Extract<MacEvent, { type: "downlink" }>> = {
  type: "downlink",
  fPort: 0,
  payload: new Uint8Array(0),
  source: mcSource,
  morePending: false,
};

/** The multicast contexts of a device and their class C windows (TS005, and TS001 §4 on multicast). */
export class MulticastGroups {
  /** Groups with an open window, the one that has the radio first. */
  #listening: McGroup | undefined;
  #behind: readonly McGroup[] = [];
  /** Groups that listen in ping slots: not to be tuned to. */
  #slotted: readonly McGroup[] = [];
  readonly #crypto: Crypto;
  readonly #groups: (McGroup | undefined)[] = new Array(MC_GROUPS_MAX).fill(undefined);

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  set(effect: Extract<DeviceEffect, { type: "setMcGroup" }>): void {
    const { groupId, mcAddr, mcNwkSKey, mcAppSKey, minMcFCnt, maxMcFCnt, nextMcFCnt } = effect;
    this.delete(groupId);
    this.#groups[groupId] = {
      groupId,
      ring: keyRing(mcAddr, mcNwkSKey, mcAppSKey, maxMcFCnt),
      nextFCnt: Math.max(minMcFCnt, nextMcFCnt),
      windowHz: CLOSED,
      windowDr: 0,
    };
  }

  delete(groupId: number): void {
    if (!Number.isInteger(groupId) || groupId < 0 || groupId >= MC_GROUPS_MAX) {
      throw new RangeError(`multicast group ${groupId}`);
    }
    this.close(groupId);
    this.#groups[groupId] = undefined;
  }

  open(groupId: number, { frequencyHz, dr }: Tuning): void {
    const group = this.#groups[groupId];
    if (group === undefined) throw new RangeError(`multicast group ${groupId} is not set up`);
    this.close(groupId);
    group.windowHz = frequencyHz;
    group.windowDr = dr;
    if (this.#listening !== undefined) this.#behind = [this.#listening, ...this.#behind];
    this.#listening = group;
  }

  /** Takes frames of a group in its ping slots; returns its address. 0 Hz: on any channel. */
  openSlots(groupId: number, { frequencyHz, dr }: Tuning): number {
    const group = this.#groups[groupId];
    if (group === undefined) throw new RangeError(`multicast group ${groupId} is not set up`);
    this.close(groupId);
    group.windowHz = frequencyHz;
    group.windowDr = dr;
    this.#slotted = [...this.#slotted, group];
    return group.ring.mcAddr;
  }

  close(groupId: number): void {
    const group = this.#groups[groupId];
    if (group === undefined) return;
    group.windowHz = CLOSED;
    this.#slotted = this.#slotted.filter((other) => other !== group);
    const open = [this.#listening, ...this.#behind].filter((other) => other !== undefined);
    [this.#listening, ...this.#behind] = open.filter((other) => other !== group);
  }

  /** Whether a group has this address. */
  has(mcAddr: number): boolean {
    return this.#groups.some((group) => group?.ring.mcAddr === mcAddr);
  }

  clear(): void {
    this.#groups.fill(undefined);
    this.#listening = undefined;
    this.#behind = [];
    this.#slotted = [];
  }

  /** What the radio is to listen to: the window opened last. */
  get tuning(): Tuning | undefined {
    const group = this.#listening;
    return group && { frequencyHz: group.windowHz, dr: group.windowDr };
  }

  /**
   * A frame that came while a group's window was open on these parameters, if it is for the group:
   * unconfirmed, on an application port, without MAC commands or acknowledgement, its counter within
   * the group's limits and new, its MIC right. Everything else is dropped: undefined.
   */
  receive(downlink: AirDownlink, frame: DataFrame): MacEvent | undefined {
    const isSlotted = this.#slotted.length > 0;
    if (this.#listening === undefined && !isSlotted) return undefined;
    if (!isMulticastForm(frame)) return undefined;
    const event = this.#listening && this.#receiveFor(this.#listening, downlink, frame);
    if (event !== undefined) return event;
    for (const group of this.#slotted) {
      const other = this.#receiveFor(group, downlink, frame);
      if (other !== undefined) return other;
    }
    for (let index = 0; index < this.#behind.length; index++) {
      const group = this.#behind[index];
      const other = group && this.#receiveFor(group, downlink, frame);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  #receiveFor(group: McGroup, downlink: AirDownlink, frame: DataFrame): MacEvent | undefined {
    const { ring } = group;
    if (ring.mcAddr !== frame.devAddr) return undefined;
    if (group.windowDr !== downlink.dr) return undefined;
    if (group.windowHz !== downlink.frequencyHz && group.windowHz !== ANY_HZ) return undefined;
    const fCnt = fullFCnt(group.nextFCnt, frame.fCntLow);
    if (fCnt === undefined || fCnt >= ring.maxFCnt) return undefined;
    const payload = frameMemo.open(frame, ring, fCnt, this.#crypto);
    if (payload === undefined) return undefined;
    group.nextFCnt = fCnt + 1;
    mcSource.groupId = group.groupId;
    mcSource.fCnt = fCnt;
    mcEvent.fPort = frame.fPort ?? 0;
    mcEvent.payload = payload;
    return mcEvent;
  }
}

function isMulticastForm(frame: DataFrame): boolean {
  if (frame.confirmed || frame.ack || frame.adrAckReq || frame.fOpts.length > 0) return false;
  return frame.fPort !== undefined && frame.fPort > 0;
}
