import { createHash } from "node:crypto";
import { Decoder } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import { clearParityRows, type ParityVariant } from "#agent/fec/rows.ts";
import { MemoryStore } from "../fec/memory-store.ts";
import type { FecSession } from "./session-file.ts";
import { SimpleDecoder } from "./simple-decoder.ts";

/** The matrix that most peers know. */
export const VARIANT: ParityVariant = "ts004-v1";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function encodeInto(parity: Uint8Array, block: Uint8Array, fragSize: number, coded: number): void {
  const encoder = new Encoder(VARIANT, fragSize, block);
  const nbFrag = block.length / fragSize;
  for (let k = 1; k <= coded; k++) parity.set(encoder.fragment(nbFrag + k), (k - 1) * fragSize);
}

function decoderOf(nbFrag: number, fragSize: number, store: MemoryStore): Decoder {
  const caps = { matrixRowsMax: nbFrag, scratchFragmentsMax: nbFrag };
  return new Decoder({ variant: VARIANT, nbFrag, fragSize, ...caps }, store);
}

/** A repeatable run of a session. */
export interface Runner {
  /** Not timed: no row made by an earlier run may be left. */
  prepare(): void;
  run(): void;
  /** SHA-256 of what the last run made. */
  result(): string;
}

/** Our decoder or encoder. The store stands for flash, and is there before the session. */
export function ourRunner(session: FecSession): Runner {
  const { mode, nbFrag, fragSize, coded, received } = session;
  if (mode === "encode") {
    const block = new Uint8Array(nbFrag * fragSize);
    for (const { n, data } of received) block.set(data, (n - 1) * fragSize);
    const parity = new Uint8Array(coded * fragSize);
    const run = () => encodeInto(parity, block, fragSize, coded);
    return { prepare: clearParityRows, run, result: () => sha256(parity) };
  }
  const store = new MemoryStore(nbFrag, fragSize, nbFrag);
  const prepare = () => {
    clearParityRows();
    store.block.fill(0xff); // what a run does not write would show
  };
  const run = () => {
    const decoder = decoderOf(nbFrag, fragSize, store);
    for (const { n, data } of received) decoder.accept(n, data);
  };
  return { prepare, run, result: () => sha256(store.block) };
}

/** The textbook decoder on the same session; there is no textbook encoder. */
export function simpleRunner(session: FecSession): Runner | undefined {
  const { mode, nbFrag, fragSize, received } = session;
  if (mode === "encode") return undefined;
  let block: Uint8Array = new Uint8Array(0);
  const run = () => {
    const decoder = new SimpleDecoder(VARIANT, nbFrag, fragSize);
    for (const { n, data } of received) decoder.accept(n, data);
    block = decoder.solve();
  };
  return { prepare: clearParityRows, run, result: () => sha256(block) };
}
