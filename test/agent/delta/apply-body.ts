import { PatchDecoder } from "#agent/delta/decoder.ts";
import { readerOf } from "#agent/image/reader.ts";

/** A reader that nothing reads beyond. */
export function strictReader(bytes: Uint8Array) {
  const reader = readerOf(bytes);
  return {
    sizeBytes: bytes.length,
    read(offset: number, target: Uint8Array) {
      if (offset < 0 || offset + target.length > bytes.length) {
        throw new RangeError(`read of ${target.length} at ${offset} of ${bytes.length}`);
      }
      reader.read(offset, target);
    },
  };
}

const TARGET_BYTES_MAX = 4096;

/** What a detools patch makes of a base, in pieces of `pieceBytes`; or why it makes nothing. */
export function applied(body: Uint8Array, base: Uint8Array, pieceBytes = 256): Uint8Array | string {
  const decoder = new PatchDecoder(strictReader(body), strictReader(base));
  const { targetBytes, problem } = decoder;
  if (problem !== undefined) return problem;
  if (targetBytes > TARGET_BYTES_MAX) return "larger than the bank";
  const target = new Uint8Array(targetBytes);
  for (let at = 0; at < targetBytes; at += pieceBytes) {
    if (!decoder.fill(target.subarray(at, at + pieceBytes))) return decoder.problem ?? "no reason";
  }
  return decoder.finish() ? target : (decoder.problem ?? "no reason");
}
