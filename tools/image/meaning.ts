import { createHash } from "node:crypto";
import { TLV, viewOf } from "#agent/image/format.ts";
import type { Tlv } from "#agent/image/tlv.ts";
import { formatVersion } from "#agent/image/version.ts";
import { formatUuid } from "./uuid.ts";

/** What the TLVs of an image are about. */
export interface Content {
  /** Header, payload and protected TLVs, as the file has them. */
  readonly covered: Uint8Array;
  readonly isEncrypted: boolean;
}

/** A TLV in words; empty for types of somebody's own. */
export function meaningOf({ type, data }: Tlv, content: Content): string {
  const fixed = FIXED.get(type);
  if (fixed !== undefined) return fixed;
  switch (type) {
    case TLV.sha256:
      return hashMeaning("sha256", data, content);
    case TLV.sha384:
      return hashMeaning("sha384", data, content);
    case TLV.sha512:
      return hashMeaning("sha512", data, content);
    case TLV.pureSignature:
      return data[0] === 1 ? "the signature is over the bytes, not over the hash" : "no meaning";
    case TLV.securityCounter:
      if (data.length !== 4) return "wrong length";
      return `security counter ${viewOf(data).getUint32(0, true)}`;
    case TLV.dependency:
      return dependencyMeaning(data);
    case TLV.vendorId:
      return `for devices of vendor ${formatUuid(data)}`;
    case TLV.classId:
      return `for devices of class ${formatUuid(data)}`;
    default:
      return "";
  }
}

const SIGNATURE = "signature; image verify checks it";
const WRAPPED_KEY = "key of the encrypted payload, wrapped for the device";
const FIXED: ReadonlyMap<number, string> = new Map([
  [TLV.keyHash, "hash of the public key that signed"],
  [TLV.publicKey, "public key that signed"],
  [TLV.ed25519, SIGNATURE],
  [TLV.ecdsa, SIGNATURE],
  [TLV.rsa2048, SIGNATURE],
  [TLV.rsa3072, SIGNATURE],
  [TLV.encryptedKeyRsa2048, WRAPPED_KEY],
  [TLV.encryptedKeyWrap, WRAPPED_KEY],
  [TLV.encryptedKeyP256, WRAPPED_KEY],
  [TLV.encryptedKeyX25519, WRAPPED_KEY],
  [TLV.encryptedKeyX25519Sha512, WRAPPED_KEY],
  [TLV.bootRecord, "what the bootloader attests of it, CBOR"],
  [TLV.decompressedSize, "size of the payload before it was compressed"],
  [TLV.decompressedHash, "hash of the image before it was compressed"],
  [TLV.decompressedSignature, "signature of the image before it was compressed"],
  [TLV.compressedDecryptedSize, "size of the compressed payload before it was encrypted"],
]);

function hashMeaning(
  algorithm: "sha256" | "sha384" | "sha512",
  stored: Uint8Array,
  { covered, isEncrypted }: Content,
): string {
  const computed = createHash(algorithm).update(covered).digest();
  if (computed.equals(stored)) return "hash of header, payload and protected TLVs: matches";
  if (isEncrypted) return "hash of the image before it was encrypted";
  const found = computed.toString("hex");
  return `hash of header, payload and protected TLVs: DIFFERS, they hash to ${found}`;
}

function dependencyMeaning(data: Uint8Array): string {
  if (data.length !== 12) return "wrong length";
  const view = viewOf(data);
  const version = formatVersion({
    major: view.getUint8(4),
    minor: view.getUint8(5),
    revision: view.getUint16(6, true),
    build: view.getUint32(8, true),
  });
  return `needs image ${view.getUint8(0)} of at least version ${version}`;
}
