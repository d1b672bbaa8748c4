import type { ImageIdentity } from "#agent/boot/strategy.ts";
import type { Crypto, PublicKey } from "#hal/ports.ts";
import { claimsOf, type ImageClaims } from "./claims.ts";
import { equalBytes } from "./equal-bytes.ts";
import { HEADER_BYTES, IMAGE_MAGIC, viewOf } from "./format.ts";
import { decodeHeader, hashedBytesOf, type ImageHeader, refusalOfFlags } from "./header.ts";
import { keyHashOf } from "./key-hash.ts";
import { digestFrom, type ImageReader } from "./reader.ts";
import { type Refused, refused } from "./refusal.ts";
import { restOf } from "./rest.ts";
import { type ImageStructure, readHeaderBytes, readStructure } from "./structure.ts";
import { compareVersions, formatVersion, type ImageVersion } from "./version.ts";

export type { ImageReader } from "./reader.ts";
export type { ImageRefusal } from "./refusal.ts";

/** What a device accepts. */
export interface ImagePolicy {
  /** An image is signed by any one of them. */
  readonly keys: readonly PublicKey[];
  /** Images with a lower security counter, or with none when this is above 0, are a downgrade. */
  readonly securityCounterMin: number;
  /** Images of an older version are a downgrade, whatever their security counter; builds are equal. */
  readonly versionMin?: ImageVersion;
  /** Where the image will run; images built for another address (ROM_FIXED) are refused. */
  readonly bankAddress?: number;
  /** UUIDs that the image must carry, 16 bytes. */
  readonly vendorId?: Uint8Array;
  readonly classId?: Uint8Array;
  /**
   * By default what follows the image in its slot must be blank or a boot trailer. A bootloader
   * turns that off: a bit that rots behind a good image is no reason not to run it.
   */
  readonly ignoresRestOfSlot?: boolean;
  /** What erased flash reads; 0xFF if left out. */
  readonly erasedByte?: 0xff | 0x00;
}

export type ImageVerdict = { readonly ok: true; readonly image: ImageIdentity } | Refused;

/** Far beyond any bank; bounds what a signature over the bytes makes the verifier hold. */
export const IMAGE_BYTES_MAX = 16 * 1024 * 1024;

/** What can be said from the first 32 bytes, before anything is erased for the rest. */
export function checkHeader(
  header: Uint8Array,
  slotBytes: number,
  policy: Pick<ImagePolicy, "bankAddress" | "versionMin">,
): { readonly ok: true; readonly header: ImageHeader } | Refused {
  const decoded = decodeHeader(header, slotBytes);
  if (!decoded.ok) return decoded;
  if (hashedBytesOf(decoded.header) > IMAGE_BYTES_MAX) {
    return refused("imageFormat", `claims more than ${IMAGE_BYTES_MAX} bytes`);
  }
  const problem =
    refusalOfFlags(decoded.header, policy.bankAddress) ?? refusalOfVersion(decoded.header, policy);
  return problem ?? decoded;
}

/**
 * Why the image that begins like this can never run here; undefined for one that may, and for what
 * is no image at all.
 */
export function refusalOfStart(
  start: Uint8Array,
  slotBytes: number,
  policy: Pick<ImagePolicy, "bankAddress" | "versionMin">,
): Refused | undefined {
  if (start.length < HEADER_BYTES || viewOf(start).getUint32(0, true) !== IMAGE_MAGIC) {
    return undefined;
  }
  const checked = checkHeader(start, slotBytes, policy);
  return checked.ok ? undefined : checked;
}

/**
 * Checks an MCUboot image at the start of a slot: format, hash, signature, hardware, security
 * counter. Reads every byte of the image once. For Ed25519 over the digest, the usual form, it holds
 * one chunk of it; for Ed25519 over the bytes and for ECDSA it holds the image.
 *
 * Never throws for what the slot holds; what `reader` throws passes through.
 */
export function verifyImage(
  reader: ImageReader,
  policy: ImagePolicy,
  crypto: Crypto,
): ImageVerdict {
  const headerBytes = readHeaderBytes(reader);
  const header = checkHeader(headerBytes, reader.sizeBytes, policy);
  if (!header.ok) return header;
  const parsed = readStructure(reader, headerBytes);
  if (!parsed.ok) return parsed;
  const { structure } = parsed;
  const read = claimsOf(structure);
  if (!read.ok) return read;
  const { claims } = read;

  const measured = measure(reader, structure, claims, crypto);
  if (!equalBytes(measured.digest, claims.hash.value)) {
    return refused("digest", "the hash of the content differs from the hash it carries");
  }
  const problem =
    refusalOfSignature(claims, measured.message, policy, crypto) ??
    refusalOfHardware(claims, policy) ??
    refusalOfCounter(claims, policy) ??
    refusalOfRest(reader, structure, policy);
  if (problem !== undefined) return problem;
  return {
    ok: true,
    image: {
      version: formatVersion(structure.header.version),
      hash: measured.sha256,
      securityCounter: claims.securityCounter,
      sizeBytes: structure.sizeBytes,
    },
  };
}

interface Measured {
  /** In the algorithm that the image names. */
  readonly digest: Uint8Array;
  readonly sha256: Uint8Array;
  /** What the signature is over, in the terms of {@link Crypto.verify}. */
  readonly message: Uint8Array;
}

function measure(
  reader: ImageReader,
  structure: ImageStructure,
  { hash, signature, isPure }: ImageClaims,
  crypto: Crypto,
): Measured {
  const { header, headerBytes, protectedArea } = structure;
  const protectedAt = header.headerBytes + header.payloadBytes;
  if (signature.algorithm === "ed25519" && hash.algorithm === "sha256" && !isPure) {
    const running = crypto.hash("sha256");
    digestFrom(reader, headerBytes, protectedAt, running);
    if (protectedArea.length > 0) running.update(protectedArea);
    const digest = running.digest();
    return { digest, sha256: digest, message: digest };
  }
  const bytes = new Uint8Array(hashedBytesOf(header));
  bytes.set(headerBytes);
  reader.read(headerBytes.length, bytes.subarray(headerBytes.length, protectedAt));
  bytes.set(protectedArea, protectedAt);
  const sha256 = crypto.hashOf("sha256", bytes);
  const digest = hash.algorithm === "sha256" ? sha256 : crypto.hashOf(hash.algorithm, bytes);
  // ECDSA: the port hashes the message itself.
  const isOverBytes = isPure || signature.algorithm === "ecdsa-p256";
  return { digest, sha256, message: isOverBytes ? bytes : digest };
}

function refusalOfVersion(
  { version }: Pick<ImageHeader, "version">,
  { versionMin }: Pick<ImagePolicy, "versionMin">,
): Refused | undefined {
  if (versionMin === undefined || compareVersions(version, versionMin) >= 0) return undefined;
  const [claimed, least] = [version, versionMin].map(formatVersion);
  return refused("downgrade", `version ${claimed}, at least ${least}`);
}

function refusalOfSignature(
  { hash, keyHash, signature }: ImageClaims,
  message: Uint8Array,
  { keys }: ImagePolicy,
  crypto: Crypto,
): Refused | undefined {
  const key = keys.find(
    (candidate) =>
      candidate.algorithm === signature.algorithm &&
      equalBytes(keyHashOf(candidate, hash.algorithm, crypto), keyHash),
  );
  if (key === undefined) return refused("signature", "is signed by a key that is not trusted");
  if (!crypto.verify(key, message, signature.value)) {
    return refused("signature", "the signature is not the trusted key's over this content");
  }
  return undefined;
}

function refusalOfHardware(
  claims: Pick<ImageClaims, "vendorId" | "classId">,
  policy: Pick<ImagePolicy, "vendorId" | "classId">,
): Refused | undefined {
  const pairs = [
    ["vendor", claims.vendorId, policy.vendorId],
    ["class", claims.classId, policy.classId],
  ] as const;
  for (const [name, claimed, expected] of pairs) {
    if (expected === undefined) continue;
    if (claimed === undefined) return refused("wrongHardware", `names no ${name} of devices`);
    if (!equalBytes(claimed, expected)) {
      return refused("wrongHardware", `is for another ${name} of devices`);
    }
  }
  return undefined;
}

function refusalOfCounter(
  { securityCounter }: ImageClaims,
  { securityCounterMin }: ImagePolicy,
): Refused | undefined {
  if (securityCounter >= securityCounterMin) return undefined;
  return refused(
    "downgrade",
    `security counter ${securityCounter}, at least ${securityCounterMin}`,
  );
}

function refusalOfRest(
  reader: ImageReader,
  { sizeBytes }: ImageStructure,
  { ignoresRestOfSlot, erasedByte }: ImagePolicy,
): Refused | undefined {
  if (ignoresRestOfSlot === true) return undefined;
  const rest = restOf(reader, sizeBytes, erasedByte);
  if (rest.type !== "other") return undefined;
  return refused(
    "imageFormat",
    `ends at byte ${sizeBytes}, but something follows at byte ${rest.offset}`,
  );
}
