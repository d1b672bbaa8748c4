import type { Ask, Dialect, Offer } from "#agent/pull/dialect.ts";
import type { PullEffect } from "#agent/pull/events.ts";

export const TARGET = { type: "target", title: "fw", version: "1.0.0" } as const;
export const CHANGE: Ask = { type: "change", seconds: 300 };
export const sized: Offer = {
  title: "fw",
  version: "2.0.0",
  identity: "",
  content: { ok: true, sizeBytes: 1500, checksum: undefined },
};
export const unsized: Offer = {
  ...sized,
  content: { ok: true, sizeBytes: undefined, checksum: undefined },
};
export const chunkOf = (offer: Offer, index = 3): Ask & { readonly type: "chunk" } => {
  return { type: "chunk", offer, index, chunkBytes: 256, expectBytes: 256 };
};
const image = { title: "fw", version: "1.0.0", unixMs: 5 };
export const first: Ask = { type: "report", report: { ...image, state: undefined, error: "" } };
export const progress: Ask = {
  type: "report",
  report: { ...image, state: "DOWNLOADING", error: "", progress: 40 },
};
export const failed: Ask = {
  type: "report",
  report: { ...image, state: "FAILED", error: "checksum: it is not", cause: "checksum" },
};

export const bytesOf = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** A dialect, and what it wants done. */
export class DialectBench<Machine extends Dialect> {
  readonly dialect: Machine;
  readonly effects: PullEffect[] = [];
  readonly at = 0;

  constructor(dialect: Machine) {
    this.dialect = dialect;
  }

  ask(ask: Ask): this {
    this.dialect.ask(ask, this);
    return this;
  }

  /** What came since the last time. */
  take(): readonly PullEffect[] {
    return this.effects.splice(0);
  }
}
