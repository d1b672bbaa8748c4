import { createHash } from "node:crypto";
import { crc32 } from "#agent/boot/crc32.ts";
import { decodePatchHeader, PATCH_HEADER_BYTES, type PatchHeader } from "#agent/delta/container.ts";
import { COMPRESSION, PatchDecoder } from "#agent/delta/decoder.ts";
import { decodeShape } from "#agent/delta/heatshrink.ts";
import { hashedPart, openPatch, type PatchRefused, patchRefused } from "#agent/delta/patch.ts";
import { hashedBytesOf } from "#agent/image/header.ts";
import { readerOf } from "#agent/image/reader.ts";
import { readStructure } from "#agent/image/structure.ts";
import { IMAGE_BYTES_MAX } from "#agent/image/verify.ts";
import { InputError } from "#tools/errors.ts";

/** Reads the header of a patch file. Throws `InputError`. */
export function patchHeaderOf(path: string, patch: Uint8Array): PatchHeader {
  const decoded = decodePatchHeader(patch, patch.length);
  if (!decoded.ok) throw new InputError(`${path}: is no patch for images: it ${decoded.detail}`);
  return decoded.header;
}

/** A patch file as lines for people. */
export function patchExplanation(path: string, patch: Uint8Array): string {
  const header = patchHeaderOf(path, patch);
  const body = patch.subarray(PATCH_HEADER_BYTES);
  const isWhole = crc32(body) === header.bodyCrc;
  const lines = [
    `patch of ${patch.length} bytes, ${percentOf(patch.length, header.targetBytes)} of the image of ${header.targetBytes} bytes that it makes`,
    `  changes the image with hash ${hexOf(header.baseHash)}`,
    `  to the image with hash      ${hexOf(header.targetHash)}`,
    `  detools patch of ${body.length} bytes, ${compressionText(body)}, checksum ${isWhole ? "right" : "WRONG"}`,
  ];
  const { problem } = new PatchDecoder(readerOf(body), readerOf(new Uint8Array(0)));
  if (problem !== undefined) lines.push(`  no device takes it: it ${problem}`);
  return `${lines.join("\n")}\n`;
}

/** What the patch makes of an image, as a device would; or why nothing. Throws `InputError`. */
export function imageFromPatch(
  base: { readonly path: string; readonly bytes: Uint8Array },
  patch: Uint8Array,
): { readonly ok: true; readonly image: Uint8Array } | PatchRefused {
  const reader = hashedPart(readerOf(base.bytes));
  if (reader === undefined) throw new InputError(`${base.path}: is no whole MCUboot image`);
  const hashed = new Uint8Array(reader.sizeBytes);
  reader.read(0, hashed);
  const opened = openPatch(readerOf(patch), { reader, hash: sha256Of(hashed) });
  if (!opened.ok) return opened;
  const { targetBytes, targetHash } = opened.header;
  if (targetBytes > IMAGE_BYTES_MAX) {
    return patchRefused("patchFormat", `makes ${targetBytes} bytes, more than any image has`);
  }
  const decoder = opened.decoder();
  const image = new Uint8Array(targetBytes);
  if (!decoder.fill(image) || !decoder.finish()) {
    return patchRefused("patchFormat", decoder.problem ?? "");
  }
  const parsed = readStructure(readerOf(image));
  const isMade =
    parsed.ok &&
    hexOf(sha256Of(image.subarray(0, hashedBytesOf(parsed.structure.header)))) ===
      hexOf(targetHash);
  if (!isMade) return patchRefused("patchFormat", "does not make the image that it names");
  return { ok: true, image };
}

export function percentOf(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
}

export function compressionText(body: Uint8Array): string {
  const code = (body[0] ?? 0) & 0x0f;
  const name = Object.entries(COMPRESSION).find(([, known]) => known === code)?.[0];
  if (name === "none") return "not compressed";
  if (name !== "heatshrink") return `compressed by ${name ?? `method ${code}`}`;
  // Behind the first byte and the size, of which each byte but the last has bit 7 set.
  const sizeEnd = body.findIndex((byte, index) => index > 0 && byte < 0x80);
  const shape = decodeShape(body[sizeEnd + 1] ?? -1);
  const window = shape === undefined ? "" : ` (window ${2 ** shape.windowBits} bytes)`;
  return `compressed by heatshrink${window}`;
}

function sha256Of(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
