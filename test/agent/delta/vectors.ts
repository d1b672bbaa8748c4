import { readFileSync } from "node:fs";

/** Patches that detools made; the file says how. */

interface Part {
  readonly copy?: readonly [start: number, sizeBytes: number];
  readonly fill?: readonly [byte: number, sizeBytes: number];
  readonly bytes?: string;
}

interface VectorFile {
  readonly sizes: readonly (readonly [value: number, hex: string])[];
  readonly entries: readonly {
    readonly name: string;
    readonly target: {
      readonly parts: readonly Part[];
      readonly changes: readonly (readonly [at: number, byte: number])[];
    };
    readonly patches: readonly {
      readonly compression: "none" | "crle" | "heatshrink";
      readonly windowBits?: number;
      readonly lookaheadBits?: number;
      readonly patch: string;
    }[];
  }[];
  readonly refused: readonly { readonly name: string; readonly patch: string }[];
}

const file: VectorFile = JSON.parse(
  readFileSync(new URL("../../vectors/delta.json", import.meta.url), "utf8"),
);

export const base = Uint8Array.from({ length: 1200 });
let state = 1;
for (let at = 0; at < base.length; at++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  base[at] = state >>> 24;
}

function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

function partOf({ copy, fill, bytes = "" }: Part): Uint8Array {
  if (copy !== undefined) return base.subarray(copy[0], copy[0] + copy[1]);
  return fill === undefined ? unhex(bytes) : new Uint8Array(fill[1]).fill(fill[0]);
}

export const targets = file.entries.map(({ name, target: { parts, changes } }) => {
  const target = new Uint8Array(Buffer.concat(parts.map(partOf)));
  for (const [at, byte] of changes) target[at] = byte;
  return { name, target };
});

export const theirPatches = file.entries.flatMap(({ name, patches }, index) =>
  patches.map(({ compression, windowBits, lookaheadBits, patch }) => ({
    name: [name, compression, windowBits, lookaheadBits].filter(Boolean).join(", "),
    compression,
    target: targets[index]?.target ?? new Uint8Array(0),
    patch: unhex(patch),
  })),
);

export const refusedPatches = file.refused.map(({ name, patch }) => ({
  name,
  patch: unhex(patch),
}));

export const sizes = file.sizes;
