import { createHash } from "node:crypto";
import { Decoder } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import { N_MAX, type ParityVariant } from "#agent/fec/rows.ts";
import { type Problem, variantOf } from "./check-rows.ts";
import { MemoryStore } from "./memory-store.ts";
import { expandRanges, lcgBytes, survivors } from "./session.ts";
import type { CompletionCount, SessionVector } from "./vectors.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Compares one named value; `wanted` undefined means that the entry does not say. */
function differs(name: string, wanted: unknown, actual: unknown): Problem {
  if (wanted === undefined) return undefined;
  const same =
    typeof wanted === "string" && typeof actual === "string"
      ? wanted.toLowerCase() === actual.toLowerCase()
      : wanted === actual;
  return same ? undefined : `${name} is ${actual}, expected ${wanted}`;
}

export function checkSession(entry: SessionVector): Problem {
  const variant = variantOf(entry.variant);
  if (variant === undefined) return `unknown variant ${entry.variant}`;
  const { nbFrag, fragSize, redundancy, padding } = entry;
  const sizeBytes = nbFrag * fragSize;
  if (nbFrag + redundancy > N_MAX) return "fragment numbers of more than 14 bits";
  if (entry.dataLength + padding !== sizeBytes) return "data and padding do not fill the block";

  const data = dataOf(entry);
  if (data === undefined) return "neither dataHex nor dataSeed";
  const block = new Uint8Array(sizeBytes);
  if (data.length !== entry.dataLength) return `data has ${data.length} bytes`;
  block.set(data);
  const encoder = new Encoder(variant, fragSize, block);
  return (
    differs("dataSha256", entry.dataSha256, sha256(data)) ??
    differs("blockSha256", entry.blockSha256, sha256(block)) ??
    checkCoded(entry, encoder) ??
    checkReception(entry) ??
    checkDecoding(entry, variant, encoder, block)
  );
}

function dataOf(entry: SessionVector): Uint8Array | undefined {
  if (entry.dataHex !== undefined) return Buffer.from(entry.dataHex, "hex");
  if (entry.dataSeed !== undefined) return lcgBytes(entry.dataSeed, entry.dataLength);
  return undefined;
}

function checkCoded(entry: SessionVector, encoder: Encoder): Problem {
  const { nbFrag, redundancy, codedFragmentsHex } = entry;
  const coded = createHash("sha256");
  const all = createHash("sha256");
  for (let n = 1; n <= nbFrag; n++) all.update(encoder.fragment(n));
  for (let k = 1; k <= redundancy; k++) {
    const fragment = encoder.fragment(nbFrag + k);
    coded.update(fragment);
    all.update(fragment);
    const wanted = codedFragmentsHex?.[k - 1];
    const problem = differs(`coded fragment ${k}`, wanted, Buffer.from(fragment).toString("hex"));
    if (problem !== undefined) return problem;
  }
  return (
    differs("count of coded fragments", codedFragmentsHex?.length, redundancy) ??
    differs("codedSha256", entry.codedSha256, coded.digest("hex")) ??
    differs("allFragmentsSha256", entry.allFragmentsSha256, all.digest("hex"))
  );
}

/** `rx`, `loss` and `lostIndexes` tell the same story. */
function checkReception(entry: SessionVector): Problem {
  const received = expandRanges(entry.rx);
  const last = entry.nbFrag + entry.redundancy;
  const seen = new Set(received);
  const distinct = [...seen].sort((a, b) => a - b);
  const lost: number[] = [];
  for (let n = 1; n <= last; n++) if (!seen.has(n)) lost.push(n);
  const { loss, lostIndexes } = entry;
  if ((distinct.at(-1) ?? 0) > last) return `rx holds fragment ${distinct.at(-1)} of ${last}`;
  if (lostIndexes !== undefined && expandRanges(lostIndexes).join() !== lost.join()) {
    return "lostIndexes is not what rx leaves out";
  }
  if (loss !== undefined) {
    const regenerated = survivors(last, loss.p, loss.seed).join();
    const actual = entry.order === "ascending" ? received : distinct;
    if (regenerated !== actual.join()) return "rx is not what the loss seed leaves";
  }
  return differs("rxCount", entry.rxCount, received.length);
}

function checkDecoding(
  entry: SessionVector,
  variant: ParityVariant,
  encoder: Encoder,
  block: Uint8Array,
): Problem {
  const { nbFrag, fragSize, expected } = entry;
  const store = new MemoryStore(nbFrag, fragSize, nbFrag);
  const caps = { matrixRowsMax: nbFrag, scratchFragmentsMax: nbFrag };
  const decoder = new Decoder({ variant, nbFrag, fragSize, ...caps }, store);
  const uncoded = new Set<number>();
  let afterRx: number | null = null;
  let atN: number | null = null;
  for (const [index, n] of expandRanges(entry.rx).entries()) {
    if (n <= nbFrag && afterRx === null) uncoded.add(n);
    if (decoder.accept(n, encoder.fragment(n)) !== "complete") continue;
    afterRx = index + 1;
    atN = n;
  }
  const isWhole = Buffer.compare(store.block, block) === 0;
  if (afterRx !== null && !isWhole) return "the decoded block is not the data";
  if (decoder.inconsistent) return "the decoder found a contradiction";
  return (
    differs("outcome", expected.outcome, afterRx === null ? "never" : "complete") ??
    differs("afterRx", expected.afterRx, afterRx) ??
    differs("mlAfterRx", entry.mlAfterRx, afterRx) ??
    differs("atN", expected.atN, atN) ??
    differs("extra", expected.extra, afterRx === null ? null : afterRx - nbFrag) ??
    differs("uncodedNotReceived", expected.uncodedNotReceived, nbFrag - uncoded.size) ??
    differs("missing", expected.missing, decoder.missing)
  );
}

export function checkCompletionCount(entry: CompletionCount): Problem {
  const variant = variantOf(entry.variant);
  if (variant === undefined) return `unknown variant ${entry.variant}`;
  const { nbFrag, redundancy, p, seeds } = entry;
  if (nbFrag + redundancy > N_MAX) return "fragment numbers of more than 14 bits";
  if (seeds[1] - seeds[0] + 1 !== entry.afterRx.length) return "afterRx is not one per seed";
  for (const [index, wanted] of entry.afterRx.entries()) {
    const seed = seeds[0] + index;
    const problem = differs("afterRx", wanted, completion(variant, nbFrag, redundancy, p, seed));
    if (problem !== undefined) return `seed ${seed}: ${problem}`;
  }
  return undefined;
}

function completion(
  variant: ParityVariant,
  nbFrag: number,
  redundancy: number,
  p: number,
  seed: number,
): number | null {
  const caps = { matrixRowsMax: nbFrag, scratchFragmentsMax: nbFrag };
  const store = new MemoryStore(nbFrag, 1, nbFrag);
  const decoder = new Decoder({ variant, nbFrag, fragSize: 1, ...caps }, store);
  const zero = new Uint8Array(1); // the sum of zeros: every fragment of an empty block
  for (const [index, n] of survivors(nbFrag + redundancy, p, seed).entries()) {
    if (decoder.accept(n, zero) === "complete") return index + 1;
  }
  return null;
}
