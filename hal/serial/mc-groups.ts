import type { RadioRequest } from "../radio-port.ts";
import type { OpenGroup } from "./drivers/driver.ts";

type SetGroup = Extract<RadioRequest, { type: "setMcGroup" }>;

interface Group {
  readonly set: SetGroup;
  /** Counter of the next frame, as far as can be known. */
  nextFCnt: number;
  tuning: { readonly frequencyHz: number; readonly dr: number } | undefined;
}

export interface GroupWindow extends OpenGroup {
  readonly groupId: number;
}

const GROUPS_MAX = 4;

/**
 * The multicast groups that the device wants. No modem says which group a frame is for, so one alone
 * is in the modem at a time: the one whose window was opened last.
 */
export class McGroups {
  readonly #groups: (Group | undefined)[] = new Array(GROUPS_MAX).fill(undefined);
  /** Windows, the last opened in front. */
  #open: readonly number[] = [];
  #told = wordsOf(undefined);

  set(request: SetGroup): void {
    const { groupId, nextMcFCnt, minMcFCnt } = request;
    this.#require(groupId);
    this.stop(groupId);
    const nextFCnt = Math.max(nextMcFCnt, minMcFCnt);
    this.#groups[groupId] = { set: request, nextFCnt, tuning: undefined };
  }

  delete(groupId: number): void {
    this.#require(groupId);
    this.stop(groupId);
    this.#groups[groupId] = undefined;
  }

  start(groupId: number, { frequencyHz, dr }: { frequencyHz: number; dr: number }): void {
    const group = this.#groups[groupId];
    if (group === undefined) throw new RangeError(`multicast group ${groupId} is not set up`);
    this.stop(groupId);
    group.tuning = { frequencyHz, dr };
    this.#open = [groupId, ...this.#open];
  }

  stop(groupId: number): void {
    this.#open = this.#open.filter((other) => other !== groupId);
  }

  /** The group that the modem is to hear. */
  get open(): GroupWindow | undefined {
    const [groupId] = this.#open;
    const group = groupId === undefined ? undefined : this.#groups[groupId];
    if (groupId === undefined || group?.tuning === undefined) return undefined;
    const { mcAddr, mcNwkSKey, mcAppSKey } = group.set;
    const { nextFCnt, tuning } = group;
    return { groupId, mcAddr, nwkSKey: mcNwkSKey, appSKey: mcAppSKey, nextFCnt, ...tuning };
  }

  /** Whether the modem has not been told yet. Remembers that it is now. */
  hasChanged(wanted: GroupWindow | undefined): boolean {
    const words = wordsOf(wanted);
    const has = words !== this.#told;
    this.#told = words;
    return has;
  }

  /** A frame of this group has come: its number. */
  count({ groupId }: GroupWindow): number {
    const group = this.#groups[groupId];
    if (group === undefined) return 0;
    return group.nextFCnt++;
  }

  #require(groupId: number): void {
    if (!Number.isInteger(groupId) || groupId < 0 || groupId >= GROUPS_MAX) {
      throw new RangeError(`multicast group ${groupId}`);
    }
  }
}

function wordsOf(window: GroupWindow | undefined): string {
  const { groupId, mcAddr, frequencyHz, dr } = window ?? {};
  return [groupId, mcAddr, frequencyHz, dr].join();
}
