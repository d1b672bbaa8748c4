import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { FirmwarePair } from "./firmware.ts";
import type { FleetNode } from "./node.ts";

/** A cell at one moment; counts of devices. */
export interface SurveySample {
  readonly atS: number;
  readonly joined: number;
  readonly accepted: number;
  readonly complete: number;
  readonly updated: number;
  /** Fragments heard by all, each device's at most `nbFrag`. */
  readonly heard: number;
  /** Of the gateway since the world began. */
  readonly airtimeS: number;
}

/** Of the last session: one bit per multicast frame, bit 0 of byte 0 first. */
export interface DeviceFrames {
  readonly id: number;
  readonly heard: Uint8Array;
  readonly lost: Uint8Array;
}

export interface CellSurvey {
  readonly samples: readonly SurveySample[];
  readonly devices: readonly DeviceFrames[];
  /** Losses while listening, and those of them that the whole group shared. */
  readonly losses: number;
  readonly sharedLosses: number;
}

/** What a device has heard of its last session. */
interface Heard {
  readonly heard: Uint8Array;
  readonly lost: Uint8Array;
  /** How many of them. */
  taken: number;
  /** Which session it is. */
  session: number;
}

const FRAMES_MAX = 16_384;
const SAMPLES_MAX = 400;

/** What a report with pictures needs beyond the results; a cell keeps one only when asked to. */
export class Survey {
  readonly #nbFrag: number;
  readonly #nodes: readonly FleetNode[];
  readonly #frames: ReadonlyMap<number, Heard>;
  #samples: SurveySample[] = [];
  #intervalUs = 15_000_000;
  #nextUs = 0;
  #losses = 0;
  #sharedLosses = 0;

  constructor(nodes: readonly FleetNode[], nbFrag: number, framesMax: number) {
    this.#nodes = nodes;
    this.#nbFrag = nbFrag;
    const size = Math.ceil(Math.min(framesMax, FRAMES_MAX) / 8);
    this.#frames = new Map(
      nodes.map(({ id }) => [
        id,
        { heard: new Uint8Array(size), lost: new Uint8Array(size), taken: 0, session: 0 },
      ]),
    );
  }

  /** `index` of the multicast frame, from 0; called while the device listened. */
  frame(node: FleetNode, index: number, isLost: boolean, isShared: boolean): void {
    if (node.observed.blockState !== "receiving") return;
    const frames = this.#frames.get(node.id);
    if (frames === undefined) return;
    if (frames.session !== node.observed.sessions) startAnew(frames, node.observed.sessions);
    if (isLost) this.#losses += 1;
    else frames.taken += 1;
    if (isShared) this.#sharedLosses += 1;
    const bits = isLost ? frames.lost : frames.heard;
    const byte = index >> 3;
    if (byte < bits.length) bits[byte] = (bits[byte] ?? 0) | (1 << (index & 7));
  }

  /** The same for one of several copies: whoever hears one has lost none, and none is the group's. */
  copy(node: FleetNode, index: number, isLost: boolean): void {
    if (node.observed.blockState !== "receiving") return;
    const frames = this.#frames.get(node.id);
    if (frames === undefined || hasBit(frames.heard, index)) return;
    const wasLost = hasBit(frames.lost, index);
    if (isLost && wasLost) return;
    if (wasLost) {
      const byte = index >> 3;
      frames.lost[byte] = (frames.lost[byte] ?? 0) & ~(1 << (index & 7));
      this.#losses -= 1;
    }
    this.frame(node, index, isLost, false);
  }

  /** Keeps at most `SAMPLES_MAX` by thinning out and slowing down. */
  sample(nowUs: number, airtimeUs: number, isLast = false): void {
    if (nowUs < this.#nextUs && !isLast) return;
    this.#nextUs = nowUs + this.#intervalUs;
    const sum = { joined: 0, accepted: 0, complete: 0, updated: 0, heard: 0 };
    for (const node of this.#nodes) {
      const isComplete = node.observed.blockState === "complete";
      if (node.isJoined) sum.joined += 1;
      if (node.observed.blockState !== "none") sum.accepted += 1;
      if (isComplete) sum.complete += 1;
      if (node.updated) sum.updated += 1;
      const taken = this.#frames.get(node.id)?.taken ?? 0;
      sum.heard += isComplete ? this.#nbFrag : Math.min(this.#nbFrag, taken);
    }
    this.#samples.push({ atS: Math.round(nowUs / 1e6), ...sum, airtimeS: airtimeUs / 1e6 });
    if (this.#samples.length < SAMPLES_MAX) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    this.#intervalUs *= 2;
  }

  result(): CellSurvey {
    const devices = [...this.#frames].map(([id, { heard, lost }]) => ({ id, heard, lost }));
    const { length } = this.#samples;
    if (length === 0) throw new RangeError("a survey without samples");
    return {
      samples: this.#samples,
      devices,
      losses: this.#losses,
      sharedLosses: this.#sharedLosses,
    };
  }
}

function startAnew(frames: Heard, session: number): void {
  frames.heard.fill(0);
  frames.lost.fill(0);
  frames.taken = 0;
  frames.session = session;
}

/** Of a cell, or of a fleet. */
export function newSurvey(
  { firmware, scenario }: { readonly firmware: FirmwarePair; readonly scenario: ResolvedScenario },
  nodes: readonly FleetNode[],
): Survey {
  const { fragSize, redundancyPercent } = scenario.campaign;
  const { statusEvery = Number.POSITIVE_INFINITY } = scenario.server;
  const nbFrag = Math.ceil(firmware.sent.length / fragSize);
  const fragments = nbFrag + Math.ceil((nbFrag * redundancyPercent) / 100);
  return new Survey(nodes, nbFrag, fragments + Math.floor(fragments / statusEvery));
}

function hasBit(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}
