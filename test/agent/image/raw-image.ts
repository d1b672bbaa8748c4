import { createHash } from "node:crypto";
import type { ImageReader, ImageVerdict } from "#agent/image/verify.ts";
import { type ImagePolicy, verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto, spkiOf } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";

/** Images put together by hand, so that every field can be wrong. Knows nothing of agent/image. */

/** The seed of the vectors' keys: 00 to 1f. */
const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
export const ed25519 = NodeSigner.fromSeed("ed25519", seed);
export const p256 = NodeSigner.fromSeed("ecdsa-p256", seed);
export const stranger = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(9));
export const crypto = new NodeCrypto();

/** Byte i is 7 i + 3 modulo 256, as in the vectors. */
export function payloadOf(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => 7 * index + 3);
}

export type Entry = readonly [type: number, data: Uint8Array | readonly number[]];

export function u16(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

export function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(value >>> 16)];
}

/** A TLV area; `total` when it shall lie about its length. */
export function area(magic: number, entries: readonly Entry[], total?: number): Uint8Array {
  const body = entries.flatMap(([type, data]) => [...u16(type), ...u16(data.length), ...data]);
  return Uint8Array.from([...u16(magic), ...u16(total ?? body.length + 4), ...body]);
}

export interface RawHeader {
  readonly magic?: number;
  readonly loadAddress?: number;
  readonly headerBytes?: number;
  readonly protectedBytes?: number;
  readonly payloadBytes?: number;
  readonly flags?: number;
}

export function header(fields: RawHeader): Uint8Array {
  return Uint8Array.from([
    ...u32(fields.magic ?? 0x96f3b83d),
    ...u32(fields.loadAddress ?? 0),
    ...u16(fields.headerBytes ?? 32),
    ...u16(fields.protectedBytes ?? 0),
    ...u32(fields.payloadBytes ?? 16),
    ...u32(fields.flags ?? 0),
    ...[1, 2, ...u16(3), ...u32(4)],
    ...u32(0),
  ]);
}

export interface RawImage extends RawHeader {
  readonly payload?: Uint8Array;
  readonly protectedArea?: Uint8Array;
  readonly signer?: NodeSigner;
  /** What stands in the TLV area, instead of hash, key hash and signature. */
  readonly entries?: (good: GoodEntries) => readonly Entry[];
  /** The whole area, instead of one made of entries. */
  readonly area?: (good: Uint8Array) => Uint8Array;
  /** Bytes behind the image. */
  readonly rest?: Uint8Array;
}

export interface GoodEntries {
  readonly hash: Entry;
  readonly keyHash: Entry;
  readonly signature: Entry;
  readonly covered: Uint8Array;
}

/** A good image but for what is asked for; hash and signature are over what is there. */
export function rawImage(parts: RawImage = {}): Uint8Array {
  const { payload = payloadOf(16), protectedArea = new Uint8Array(0), signer = ed25519 } = parts;
  const sizes = { payloadBytes: payload.length, protectedBytes: protectedArea.length };
  const covered = Buffer.concat([header({ ...sizes, ...parts }), payload, protectedArea]);
  const hash = createHash("sha256").update(covered).digest();
  const isEd25519 = signer.publicKey.algorithm === "ed25519";
  const good: GoodEntries = {
    covered,
    hash: [0x10, hash],
    keyHash: [0x01, createHash("sha256").update(spkiOf(signer.publicKey)).digest()],
    signature: isEd25519 ? [0x24, signer.sign(hash)] : [0x22, signer.sign(covered)],
  };
  const entries = parts.entries?.(good) ?? [good.hash, good.keyHash, good.signature];
  const plain = area(0x6907, entries);
  const rest = parts.rest ?? new Uint8Array(0);
  return new Uint8Array(Buffer.concat([covered, parts.area?.(plain) ?? plain, rest]));
}

/** A slot that shouts when it is read outside its bounds, and counts how often each byte is read. */
export class CountingReader implements ImageReader {
  readonly sizeBytes: number;
  readonly reads: Uint8Array;
  readMaxBytes = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
    this.reads = new Uint8Array(bytes.length);
  }

  read(offset: number, target: Uint8Array): void {
    if (!Number.isInteger(offset) || offset < 0 || offset + target.length > this.sizeBytes) {
      throw new RangeError(`read of ${target.length} bytes at ${offset}`);
    }
    target.set(this.#bytes.subarray(offset, offset + target.length));
    for (let at = offset; at < offset + target.length; at++)
      this.reads[at] = (this.reads[at] ?? 0) + 1;
    this.readMaxBytes = Math.max(this.readMaxBytes, target.length);
  }
}

export const policy: ImagePolicy = {
  keys: [ed25519.publicKey, p256.publicKey],
  securityCounterMin: 0,
};

export function verify(image: Uint8Array, changes: Partial<ImagePolicy> = {}): ImageVerdict {
  return verifyImage(new CountingReader(image), { ...policy, ...changes }, crypto);
}

/** `ok`, or reason and detail in one text. */
export function verdictText(image: Uint8Array, changes: Partial<ImagePolicy> = {}): string {
  const verdict = verify(image, changes);
  return verdict.ok ? "ok" : `${verdict.reason}: ${verdict.detail}`;
}
