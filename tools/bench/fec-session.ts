import { Decoder } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import { MemoryStore } from "../fec/memory-store.ts";
import { lcgBytes, survivors } from "../fec/session.ts";
import { VARIANT } from "./fec-runner.ts";
import type { FecSession, Received } from "./session-file.ts";

/** Ascending reception with independent losses, the way the published figures were made. */
export function decodeSession(
  nbFrag: number,
  fragSize: number,
  loss: number,
  seed: number,
): FecSession {
  const coded = Math.ceil(2 * nbFrag * loss) + 48;
  const encoder = new Encoder(VARIANT, fragSize, lcgBytes(seed, nbFrag * fragSize));
  const received: Received[] = [];
  const caps = { matrixRowsMax: nbFrag, scratchFragmentsMax: nbFrag };
  const store = new MemoryStore(nbFrag, fragSize, nbFrag);
  const decoder = new Decoder({ variant: VARIANT, nbFrag, fragSize, ...caps }, store);
  for (const n of survivors(nbFrag + coded, loss, seed)) {
    const data = encoder.fragment(n);
    received.push({ n, data });
    if (decoder.accept(n, data) === "complete") break;
  }
  if (!decoder.complete) throw new RangeError(`seed ${seed} does not complete`);
  return { mode: "decode", nbFrag, fragSize, coded, received };
}

export function encodeSession(nbFrag: number, fragSize: number, coded: number): FecSession {
  const block = lcgBytes(1, nbFrag * fragSize);
  const received = Array.from({ length: nbFrag }, (_, index) => ({
    n: index + 1,
    data: block.subarray(index * fragSize, (index + 1) * fragSize),
  }));
  return { mode: "encode", nbFrag, fragSize, coded, received };
}
