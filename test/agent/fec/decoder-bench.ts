import { Decoder, type DecoderConfig } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import { lcgBytes } from "#tools/fec/session.ts";
import { MemoryStore } from "./memory-store.ts";

/** One session: a block, its encoder, and a decoder on a strict store. */
export class Bench {
  readonly block: Uint8Array;
  readonly encoder: Encoder;
  readonly config: DecoderConfig;
  store: MemoryStore;
  decoder: Decoder;

  constructor(nbFrag: number, fragSize: number, options: Partial<DecoderConfig> = {}) {
    this.config = {
      variant: "ts004-v1",
      nbFrag,
      fragSize,
      matrixRowsMax: nbFrag,
      scratchFragmentsMax: nbFrag,
      ...options,
    };
    this.block = lcgBytes(1, nbFrag * fragSize);
    this.encoder = new Encoder(this.config.variant, fragSize, this.block);
    this.store = new MemoryStore(nbFrag, fragSize);
    this.decoder = new Decoder(this.config, this.store);
  }

  accept(n: number) {
    return this.decoder.accept(n, this.encoder.fragment(n));
  }

  acceptAll(...ns: readonly number[]) {
    return ns.map((n) => this.accept(n));
  }

  /** The decoder forgets everything but what the journal holds. */
  reboot(order: "stored first" | "coded first" = "stored first") {
    this.decoder = new Decoder(this.config, this.store);
    const uncoded = () => {
      for (const index of this.store.written) this.decoder.restoreUncoded(index);
    };
    if (order === "stored first") uncoded();
    this.store.coded.forEach(({ n }, slot) => {
      this.decoder.restoreCoded(slot, n);
    });
    if (order === "coded first") uncoded();
    return this.decoder.resume();
  }
}

export const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
