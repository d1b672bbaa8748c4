import { draw32, drawKey } from "#sim/kernel/draws.ts";

/**
 * Something like the code of a Cortex-M: functions of instructions, of calls relative to where they
 * stand, and of absolute addresses. Instructions are drawn from few, as compilers do. How many of
 * the words are calls, and how many of those go no further than 8 KiB, is as counted in three open
 * firmware images of 110 to 320 KB: one in 12 to 26, and 40 %.
 */
export interface CodeModel {
  readonly functions: readonly {
    readonly id: number;
    readonly sizeBytes: number;
  }[];
  /** Functions with a lower id are called. */
  readonly callees: number;
}

const FLASH_BASE = 0x0800_8000;
const WORDS_PER_CALL = 20;
const WORDS_PER_ADDRESS = 40;
const NEAR_PERCENT = 40;
const NEAR_FUNCTIONS = 40;

function drawOf(purpose: string, id: number) {
  const key = drawKey(11, id, purpose);
  return (counter: number, bound: number) => draw32(key, counter) % bound;
}

/** Functions that add up to about `sizeBytes`. */
export function codeModel(sizeBytes: number): CodeModel {
  const functions: { id: number; sizeBytes: number }[] = [];
  for (let total = 0; total < sizeBytes; ) {
    const id = functions.length;
    const size = Math.min(sizeBytes - total, 40 + 4 * drawOf("size", id)(0, 80));
    functions.push({ id, sizeBytes: size });
    total += size;
  }
  return { functions, callees: functions.length };
}

/** A function of that size in front of the one with that index: all behind it moves. */
export function withFunction(model: CodeModel, index: number, sizeBytes: number): CodeModel {
  const functions = [...model.functions];
  functions.splice(index, 0, { id: functions.length, sizeBytes });
  return { ...model, functions };
}

/** Links the functions: what they refer to each other by depends on where all of them are. */
export function linked({ functions, callees }: CodeModel): Uint8Array {
  const places = new Map<number, number>();
  let end = 0;
  for (const { id, sizeBytes } of functions) {
    places.set(id, end);
    end += sizeBytes;
  }
  const code = new Uint8Array(end);
  const view = new DataView(code.buffer);
  for (const { id, sizeBytes } of functions) {
    const start = places.get(id) ?? 0;
    const draw = drawOf("code", id);
    for (let at = 0; at + 4 <= sizeBytes; at += 4) {
      const far = draw(4 * at, callees);
      const near = (id + draw(4 * at, NEAR_FUNCTIONS)) % callees;
      const callee = places.get(draw(4 * at + 1, 100) < NEAR_PERCENT ? near : far) ?? 0;
      const kind = draw(4 * at + 2, WORDS_PER_CALL * WORDS_PER_ADDRESS);
      if (kind % WORDS_PER_CALL === 0) {
        view.setUint32(start + at, 0xf000_f800 + ((callee - start - at) >> 1), true);
      } else if (kind % WORDS_PER_ADDRESS === 1) {
        view.setUint32(start + at, FLASH_BASE + callee + 1, true);
      } else {
        const [high, low] = [draw(4 * at + 3, 400), draw(4 * at + 3, 7919) % 400];
        view.setUint16(start + at, (high * 0x9e5) & 0xffff, true);
        view.setUint16(start + at + 2, (low * 0x9e5) & 0xffff, true);
      }
    }
  }
  return code;
}
