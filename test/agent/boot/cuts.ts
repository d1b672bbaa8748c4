import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import type { Tally } from "../../reliability/tally.ts";
import { ANY_CUT, cutsOfPairs } from "./cut-kinds.ts";
import { factoryFlash, Lifetime } from "./lifetime.ts";
import type { Scene } from "./scene.ts";
import { tiny } from "./tiny.ts";

/** A life without any adversity. */
export interface Baseline {
  readonly granuleBytes: number;
  readonly scene: Scene;
  readonly operations: readonly FlashOperation[];
  /** Operations of the factory, before the first of the life. */
  readonly firstOperation: number;
  /** The life before each of its boots: where another one can take over. */
  readonly starts: readonly Lifetime[];
}

const baselines = new Map<Scene, Map<number, Baseline>>();

export function baselineOf(granuleBytes: number, scene = tiny): Baseline {
  const known = baselines.get(scene) ?? new Map<number, Baseline>();
  baselines.set(scene, known);
  const baseline = known.get(granuleBytes) ?? traceOf(granuleBytes, scene);
  known.set(granuleBytes, baseline);
  return baseline;
}

function traceOf(granuleBytes: number, scene: Scene): Baseline {
  const life = new Lifetime(factoryFlash(granuleBytes, scene), scene);
  const firstOperation = life.flash.operations;
  const starts: Lifetime[] = [];
  const operations = watched(life.flash);
  life.run(() => starts.push(life.fork()));
  return { granuleBytes, scene, operations, firstOperation, starts };
}

/** The operations of a flash from now on. */
function watched(flash: NorFlash): readonly FlashOperation[] {
  const operations: FlashOperation[] = [];
  const watch = flash.onOperation;
  flash.onOperation = (operation) => {
    operations.push(operation);
    watch?.(operation);
  };
  return operations;
}

/** A cut this many operations after the one before it; the first, after those of the factory. */
export interface PlannedCut {
  readonly after: number;
  readonly cut: Cut;
}

/**
 * Lives a whole life with these cuts. A cut that the life ends before is never made. Throws with
 * everything needed to do it again.
 */
export function liveThrough(baseline: Baseline, cuts: readonly PlannedCut[]): Lifetime {
  const { firstOperation, starts } = baseline;
  const life = lastBefore(starts, firstOperation + (cuts[0]?.after ?? 0)).fork();
  const { flash, oracles } = life;
  let planned = 0;
  requireGoodEnd(baseline, life, cuts, () => {
    const next = cuts[planned];
    if (planned !== oracles.cuts || next === undefined) return;
    flash.cutAt((planned === 0 ? firstOperation : flash.operations) + next.after, next.cut);
    planned += 1;
  });
  return life;
}

/** The last of the lives that has not yet begun operation `index`. */
function lastBefore(lives: readonly Lifetime[], index: number): Lifetime {
  const life = lives.findLast(({ flash }) => flash.operations <= index);
  if (life === undefined) throw new RangeError(`no life before operation ${index}`);
  return life;
}

function requireGoodEnd(
  baseline: Baseline,
  life: Lifetime,
  story: unknown,
  adversity?: (flash: NorFlash, boot: number) => void,
): void {
  try {
    life.run(adversity);
    requireQuiescence(baseline, life);
  } catch (error) {
    const text = `granule ${baseline.granuleBytes}, ${JSON.stringify(story)}: ${String(error)}`;
    throw new Error(text, { cause: error });
  }
}

/** I10: what a cut may cost, in reboots and in operations, before the device is quiet again. */
const BOOTS_PER_CUT_MAX = 1;
function requireQuiescence(baseline: Baseline, { flash, oracles }: Lifetime): void {
  const { operations, firstOperation, scene, starts } = baseline;
  const { bankBytes, sectorBytes, imageBytes, programBytes } = scene.sizes;
  const rewrite = bankBytes / sectorBytes + Math.ceil(imageBytes / programBytes);
  const boots = oracles.boots - starts.length;
  const more = flash.operations - firstOperation - operations.length;
  if (boots > BOOTS_PER_CUT_MAX * oracles.cuts) {
    throw new RangeError(`I10: ${boots} more boots after ${oracles.cuts} cuts`);
  }
  if (more > (rewrite + scene.operationsPerCutMax) * oracles.cuts) {
    throw new RangeError(`I10: ${more} more operations after ${oracles.cuts} cuts`);
  }
}

/** Single cuts: every operation with each of `cutsOf` it. */
export function liveThroughSingles(
  baseline: Baseline,
  tally: Tally,
  cutsOf: (operation: FlashOperation) => readonly Cut[],
): void {
  baseline.operations.forEach((operation, after) => {
    for (const cut of cutsOf(operation)) {
      tally.case(() => liveThrough(baseline, [{ after, cut }]));
    }
  });
}

/**
 * Double cuts: each kind at every operation, then each kind that fits at each of the next `reach`
 * operations. Only every `stride`-th pair, counting from `stride` - 1.
 */
export function liveThroughPairs(
  baseline: Baseline,
  tally: Tally,
  reach: number,
  stride = 1,
): void {
  let pairs = 0;
  baseline.operations.forEach((operation, after) => {
    for (const cut of cutsOfPairs(operation)) {
      const { starts, operations } = cutOnce(baseline, { after, cut });
      for (const [second, { index, ...next }] of operations.slice(0, reach).entries()) {
        for (const secondCut of cutsOfPairs({ index, ...next })) {
          pairs += 1;
          if (pairs % stride !== 0) continue;
          tally.case(() => {
            const life = lastBefore(starts, index).fork();
            life.flash.cutAt(index, secondCut);
            const story = [
              { after, cut },
              { after: second, cut: secondCut },
            ];
            requireGoodEnd(baseline, life, story);
          });
        }
      }
    }
  });
}

/** What comes after one cut, and the life before each boot of it. */
function cutOnce(
  { firstOperation, starts: undisturbed }: Baseline,
  { after, cut }: PlannedCut,
): { readonly starts: readonly Lifetime[]; readonly operations: readonly FlashOperation[] } {
  const index = firstOperation + after;
  const life = lastBefore(undisturbed, index).fork();
  const starts: Lifetime[] = [];
  const operations = watched(life.flash);
  life.flash.cutAt(index, cut);
  life.run(() => {
    if (life.oracles.cuts > 0) starts.push(life.fork());
  });
  return { starts, operations: operations.filter((operation) => operation.index > index) };
}

/** Lives with `count` cuts (or a number from a span), each within 40 operations of the one before. */
export function liveThroughStorms(
  baseline: Baseline,
  tally: Tally,
  lives: number,
  [countMin, countMax]: readonly [number, number],
  seed: number,
): void {
  for (let life = 0; life < lives; life++) {
    const key = drawKey(seed, life, "storm");
    let draws = 0;
    const below = (bound: number) => drawBelow(key, draws++, bound);
    const count = countMin + below(countMax - countMin + 1);
    const cuts = Array.from({ length: count }, (_, which): PlannedCut => {
      const bytes = 1 + below(63);
      const cut = ANY_CUT[below(ANY_CUT.length)] ?? { kind: "notDone" };
      // The first anywhere in the life: a storm may break late.
      const after = below(which === 0 ? baseline.operations.length : 40);
      return { after, cut: cut.kind === "prefix" ? { kind: "prefix", bytes } : cut };
    });
    tally.case(() => liveThrough(baseline, cuts));
  }
}

/** Rot while the supply is off: one bit of a state sector, before the given boot. */
export function liveThroughFlip(baseline: Baseline, boot: number, bit: number): void {
  liveThroughRot(baseline, boot, `bit ${bit} before boot ${boot}`, (flash) => {
    const { state } = baseline.scene.layout;
    const { sizeBytes } = state[0];
    const region = state[bit < 8 * sizeBytes ? 0 : 1];
    flash.flipBit(region.address + ((bit >> 3) % sizeBytes), bit & 7);
  });
}

/** A whole copy of the record goes, to erased or to zeros. */
export function liveThroughLoss(
  baseline: Baseline,
  boot: number,
  copy: 0 | 1,
  to: "erased" | "zeros",
): void {
  liveThroughRot(baseline, boot, `copy ${copy} ${to} before boot ${boot}`, (flash) => {
    const { address, sizeBytes } = baseline.scene.layout.state[copy];
    const watch = flash.onOperation;
    flash.onOperation = undefined;
    flash.powerOn();
    flash.erase(address);
    if (to === "zeros") flash.program(address, new Uint8Array(sizeBytes));
    flash.onOperation = watch;
  });
}

function liveThroughRot(
  baseline: Baseline,
  boot: number,
  story: string,
  rot: (flash: NorFlash) => void,
): void {
  const life = baseline.starts[boot]?.fork();
  if (life === undefined) throw new RangeError(`no boot ${boot}`);
  rot(life.flash);
  try {
    life.run();
  } catch (error) {
    const text = `granule ${baseline.granuleBytes}, ${story}: ${String(error)}`;
    throw new Error(text, { cause: error });
  }
}
