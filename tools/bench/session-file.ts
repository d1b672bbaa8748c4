/**
 * A session as a file, for other programs: docs/fec.md has the layout.
 */
import { N_MAX } from "#agent/fec/rows.ts";

export interface Received {
  readonly n: number;
  readonly data: Uint8Array;
}

/** One timed piece of work, for us and for peers: rebuild the block, or make the coded fragments. */
export interface FecSession {
  readonly mode: "decode" | "encode";
  readonly nbFrag: number;
  readonly fragSize: number;
  /** Coded fragments that exist. */
  readonly coded: number;
  /** What is received, in order, up to the last one needed; for `encode` the uncoded fragments. */
  readonly received: readonly Received[];
}

const MAGIC = "FUOTAFEC";
const VERSION = 1;
const HEADER_BYTES = MAGIC.length + 24;
const MODES = ["decode", "encode"] as const;

export function encodeSessionFile(session: FecSession): Uint8Array {
  const { mode, nbFrag, fragSize, coded, received } = session;
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, "latin1");
  [VERSION, MODES.indexOf(mode), nbFrag, fragSize, coded, received.length].forEach(
    (field, index) => {
      header.writeUInt32LE(field, MAGIC.length + 4 * index);
    },
  );
  const parts: Uint8Array[] = [header];
  for (const { n, data } of received) parts.push(Uint8Array.of(n & 0xff, n >> 8), data);
  return Buffer.concat(parts);
}

/** Undefined when `bytes` are no such file. */
export function decodeSessionFile(bytes: Buffer): FecSession | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 8) !== MAGIC) return undefined;
  const field = (index: number) => bytes.readUInt32LE(MAGIC.length + 4 * index);
  const mode = MODES[field(1)];
  const [nbFrag, fragSize, coded, count] = [field(2), field(3), field(4), field(5)];
  if (field(0) !== VERSION || mode === undefined) return undefined;
  if (nbFrag < 1 || nbFrag > N_MAX || fragSize < 1 || fragSize > 255 || coded > N_MAX)
    return undefined;
  if (bytes.length !== HEADER_BYTES + count * (2 + fragSize)) return undefined;
  const received: Received[] = [];
  for (let at = HEADER_BYTES; at < bytes.length; at += 2 + fragSize) {
    received.push({ n: bytes.readUInt16LE(at), data: bytes.subarray(at + 2, at + 2 + fragSize) });
  }
  return { mode, nbFrag, fragSize, coded, received };
}
