import { createHash } from "node:crypto";
import {
  N_MAX,
  type ParityVariant,
  parityRow,
  parityVariants,
  rowIndices,
} from "#agent/fec/rows.ts";
import type { RowHash, RowVector } from "./vectors.ts";

/** What is wrong with an entry, or undefined. */
export type Problem = string | undefined;

export function variantOf(name: string): ParityVariant | undefined {
  return parityVariants.find((variant) => variant === name);
}

export function checkRowVector(entry: RowVector): Problem {
  const variant = variantOf(entry.variant);
  if (variant === undefined) return `unknown variant ${entry.variant}`;
  const n = entry.M + entry.k;
  if (entry.N !== undefined && entry.N !== n) return `N is ${entry.N}, M + k is ${n}`;
  if (n > N_MAX) return `fragment ${n} has more than 14 bits`;
  const indices = rowIndices(parityRow(variant, entry.M, n));
  if (indices.join() !== entry.set.join()) return `row is ${indices.join()}`;
  return undefined;
}

/** FNV-1a, 64 bits, as two 32-bit halves: the multiplication stays exact in doubles. */
class Fnv64 {
  #high = 0xcbf2_9ce4;
  #low = 0x8422_2325;

  add(byte: number): void {
    // times 0x100000001b3 = 2^40 + 435
    const low = ((this.#low ^ byte) >>> 0) * 435;
    const carry = Math.floor(low / 4_294_967_296);
    this.#high = (Math.imul(this.#high, 435) + ((this.#low ^ byte) << 8) + carry) >>> 0;
    this.#low = low >>> 0;
  }

  toString(): string {
    const half = (word: number) => word.toString(16).padStart(8, "0");
    return half(this.#high) + half(this.#low);
  }
}

export function checkRowHash(entry: RowHash): Problem {
  const variant = variantOf(entry.variant);
  if (variant === undefined) return `unknown variant ${entry.variant}`;
  const { Mlo, Mhi, klo, khi, kstep } = entry;
  if (Mhi + khi > N_MAX) return `fragment ${Mhi + khi} has more than 14 bits`;
  const digest = createHash("sha256");
  let firstLine = "";
  let lastLine = "";
  for (let nbFrag = Mlo; nbFrag <= Mhi; nbFrag++) {
    const hash = new Fnv64();
    for (let k = klo; k <= khi; k += kstep) {
      for (const index of rowIndices(parityRow(variant, nbFrag, nbFrag + k))) {
        hash.add(index & 0xff);
        hash.add(index >> 8);
      }
      hash.add(0xff);
      hash.add(0xff);
    }
    lastLine = `${nbFrag} ${hash}`;
    if (nbFrag === Mlo) firstLine = lastLine;
    digest.update(`${lastLine}\n`);
  }
  if (entry.firstLine !== undefined && entry.firstLine !== firstLine) return `first: ${firstLine}`;
  if (entry.lastLine !== undefined && entry.lastLine !== lastLine) return `last: ${lastLine}`;
  const sha256 = digest.digest("hex");
  return sha256 === entry.linesSha256.toLowerCase() ? undefined : `sha256 is ${sha256}`;
}
