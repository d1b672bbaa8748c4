import type { DeviceEffect } from "#agent/events.ts";
import type { Crypto } from "#hal/ports.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { type DataFrame, fullFCnt } from "./frame.ts";
import { frameMemo, type KeyRing, keyRing } from "./frame-memo.ts";
import type { Tuning } from "./radio.ts";

export const MC_GROUPS_MAX = 4;

interface McGroup {
  readonly ring: KeyRing;
  readonly maxFCnt: number;
  /** Lowest counter still acceptable. */
  nextFCnt: number;
  /** The class C window, if it is open. */
  window: Tuning | undefined;
}

/** A frame for one of the groups, checked and decrypted. */
export interface McReception {
  groupId: number;
  fCnt: number;
  fPort: number;
  payload: Uint8Array;
}

/** The multicast contexts of a device and their class C windows (TS005 §2.3 of the reference text). */
export class MulticastGroups {
  readonly #crypto: Crypto;
  readonly #groups: (McGroup | undefined)[] = new Array(MC_GROUPS_MAX).fill(undefined);
  /** Groups with an open window, the one that has the radio last. */
  #listening: readonly McGroup[] = [];
  /** Reused: valid until the next frame. */
  readonly #reception: McReception = {
    groupId: 0,
    fCnt: 0,
    fPort: 0,
    payload: new Uint8Array(0),
  };

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  set(effect: Extract<DeviceEffect, { type: "setMcGroup" }>): void {
    const { groupId, mcAddr, mcNwkSKey, mcAppSKey, minMcFCnt, maxMcFCnt, nextMcFCnt } = effect;
    this.delete(groupId);
    this.#groups[groupId] = {
      ring: keyRing(mcAddr, mcNwkSKey, mcAppSKey),
      maxFCnt: maxMcFCnt,
      nextFCnt: Math.max(minMcFCnt, nextMcFCnt),
      window: undefined,
    };
  }

  delete(groupId: number): void {
    if (!Number.isInteger(groupId) || groupId < 0 || groupId >= MC_GROUPS_MAX) {
      throw new RangeError(`multicast group ${groupId}`);
    }
    this.close(groupId);
    this.#groups[groupId] = undefined;
  }

  open(groupId: number, window: Tuning): void {
    const group = this.#groups[groupId];
    if (group === undefined) throw new RangeError(`multicast group ${groupId} is not set up`);
    this.close(groupId);
    group.window = window;
    this.#listening = [...this.#listening, group];
  }

  close(groupId: number): void {
    const group = this.#groups[groupId];
    if (group === undefined) return;
    group.window = undefined;
    this.#listening = this.#listening.filter((other) => other !== group);
  }

  clear(): void {
    this.#groups.fill(undefined);
    this.#listening = [];
  }

  /** What the radio is to listen to: the window opened last. */
  get tuning(): Tuning | undefined {
    return this.#listening.at(-1)?.window;
  }

  /**
   * A frame that came while a group's window was open on these parameters, if it is for the group:
   * unconfirmed, on an application port, without MAC commands or acknowledgement, its counter within
   * the group's limits and new, its MIC right. Everything else is dropped.
   */
  receive(downlink: AirDownlink, frame: DataFrame): McReception | undefined {
    if (frame.confirmed || frame.ack || frame.adrAckReq || frame.fOpts.length > 0) return undefined;
    const { fPort } = frame;
    if (fPort === undefined || fPort === 0) return undefined;
    for (let groupId = 0; groupId < MC_GROUPS_MAX; groupId++) {
      const group = this.#groups[groupId];
      if (group === undefined || group.ring.mcAddr !== frame.devAddr) continue;
      const { window } = group;
      if (window?.frequencyHz !== downlink.frequencyHz || window.dr !== downlink.dr) continue;
      const fCnt = fullFCnt(group.nextFCnt, frame.fCntLow);
      if (fCnt === undefined || fCnt >= group.maxFCnt) continue;
      const payload = frameMemo.open(frame, group.ring, fCnt, this.#crypto);
      if (payload === undefined) continue;
      group.nextFCnt = fCnt + 1;
      const reception = this.#reception;
      reception.groupId = groupId;
      reception.fCnt = fCnt;
      reception.fPort = fPort;
      reception.payload = payload;
      return reception;
    }
    return undefined;
  }
}
