import { type DiffChunk, diffChunks } from "./bsdiff.ts";
import { compressCrle } from "./crle-encoder.ts";
import { COMPRESSION, type Compression } from "./decoder.ts";
import { WINDOW_BITS_MAX } from "./heatshrink.ts";
import { compressHeatshrink } from "./heatshrink-encoder.ts";
import { matchesWithin } from "./matches.ts";
import { encodeSignedSize } from "./sizes.ts";

export interface PatchBody {
  readonly compression: Compression;
  readonly bytes: Uint8Array;
}

/** Small changes far apart like a wide window and long copies; many changes like short codes. */
const WINDOWS_BITS = [9, 10, WINDOW_BITS_MAX] as const;
const LOOKAHEADS_BITS = [4, 5, 6, 7, 8, 9, 10] as const;

/**
 * A detools patch of type "sequential" that makes `target` of `base`: with the compression that
 * makes it smallest, or with the one that is asked for.
 */
export function makeBody(base: Uint8Array, target: Uint8Array, only?: Compression): PatchBody {
  const data = serialize(base, target, diffChunks(base, target));
  const head = (compression: Compression) => [
    COMPRESSION[compression],
    ...encodeSignedSize(target.length),
  ];
  const bodies = [...candidates(data, only)].map(({ compression, stream }) => ({
    compression,
    bytes: concat([Uint8Array.from(head(compression)), stream]),
  }));
  return bodies.reduce((best, body) => (body.bytes.length < best.bytes.length ? body : best));
}

interface Candidate {
  readonly compression: Compression;
  readonly stream: Uint8Array;
}

function* candidates(data: Uint8Array, only: Compression | undefined): Iterable<Candidate> {
  const isWanted = (compression: Compression) => only === undefined || only === compression;
  if (isWanted("none")) yield { compression: "none", stream: data };
  if (isWanted("crle")) yield { compression: "crle", stream: compressCrle(data) };
  if (!isWanted("heatshrink")) return;
  for (const windowBits of WINDOWS_BITS) {
    const matches = matchesWithin(data, windowBits);
    for (const lookaheadBits of LOOKAHEADS_BITS) {
      if (lookaheadBits >= windowBits) continue;
      const stream = compressHeatshrink(data, matches, lookaheadBits);
      yield { compression: "heatshrink", stream };
    }
  }
}

/** What is compressed: no data format, then the chunks. */
function serialize(base: Uint8Array, target: Uint8Array, chunks: readonly DiffChunk[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(encodeSignedSize(0))];
  for (const { targetPlace, basePlace, diffBytes, extraBytes, step } of chunks) {
    const extraPlace = targetPlace + diffBytes;
    const diff = target
      .subarray(targetPlace, extraPlace)
      .map((byte, index) => byte - (base[basePlace + index] as number));
    parts.push(
      Uint8Array.from(encodeSignedSize(diffBytes)),
      diff,
      Uint8Array.from(encodeSignedSize(extraBytes)),
      target.subarray(extraPlace, extraPlace + extraBytes),
      Uint8Array.from(encodeSignedSize(step)),
    );
  }
  return concat(parts);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
