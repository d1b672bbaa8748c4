import type { PublicKey } from "#hal/ports.ts";
import { TLV, tlvName, UUID_BYTES, viewOf } from "./format.ts";
import { type Refused, refused } from "./refusal.ts";
import type { ImageStructure } from "./structure.ts";
import type { Tlv } from "./tlv.ts";
import type { ImageVersion } from "./version.ts";

/** Another image that this one needs. A device with one image cannot check it. */
export interface Dependency {
  readonly imageId: number;
  readonly versionMin: ImageVersion;
}

/** What the TLVs of an image say. All of it is hearsay until hash and signature are checked. */
export interface ImageClaims {
  readonly hash: { readonly algorithm: "sha256" | "sha512"; readonly value: Uint8Array };
  readonly keyHash: Uint8Array;
  readonly signature: { readonly algorithm: PublicKey["algorithm"]; readonly value: Uint8Array };
  /** The signature is over the bytes, not over their digest (Ed25519 only). */
  readonly isPure: boolean;
  /** 0 when the image has none. */
  readonly securityCounter: number;
  readonly vendorId: Uint8Array | undefined;
  readonly classId: Uint8Array | undefined;
  readonly dependencies: readonly Dependency[];
}

const HASHES: readonly number[] = [TLV.sha256, TLV.sha384, TLV.sha512];
const SIGNATURES: readonly number[] = [TLV.rsa2048, TLV.ecdsa, TLV.rsa3072, TLV.ed25519];
const KEYS: readonly number[] = [TLV.keyHash, TLV.publicKey];
const ENCRYPTION: readonly number[] = [
  TLV.encryptedKeyRsa2048,
  TLV.encryptedKeyWrap,
  TLV.encryptedKeyP256,
  TLV.encryptedKeyX25519,
  TLV.encryptedKeyX25519Sha512,
];
const COMPRESSION: readonly number[] = [
  TLV.decompressedSize,
  TLV.decompressedHash,
  TLV.decompressedSignature,
  TLV.compressedDecryptedSize,
];
/** Outside the protected area, where the hash does not look, nothing else may stand. */
const UNPROTECTED: readonly number[] = [...HASHES, ...SIGNATURES, ...KEYS, TLV.pureSignature];

const ED25519_SIGNATURE_BYTES = 64;
/** Tag and length of a DER sequence. */
const DER_HEADER_BYTES = 2;
const PADDED_ECDSA_BYTES = 72;
const DEPENDENCY_BYTES = 12;

/** Reads the TLVs; refuses what is missing, doubled, misplaced, mis-sized or not for this device. */
export function claimsOf(
  structure: Pick<ImageStructure, "protectedTlvs" | "tlvs">,
): { readonly ok: true; readonly claims: ImageClaims } | Refused {
  const { protectedTlvs, tlvs } = structure;
  const problem = misplaced(protectedTlvs, tlvs);
  if (problem !== undefined) return problem;
  const hash = oneHash(tlvs);
  if (!hash.ok) return hash;
  const signature = oneSignature(tlvs);
  if (!signature.ok) return signature;
  const keyHash = oneKeyHash(tlvs, hash.value.length);
  if (!keyHash.ok) return keyHash;
  const isPure = pureFlag(tlvs, signature.algorithm);
  if (!isPure.ok) return isPure;
  if (signature.algorithm === "ecdsa-p256" && hash.algorithm !== "sha256") {
    return refused("signature", "ECDSA P-256 needs SHA-256, the image has SHA-512");
  }
  const described = descriptionOf(protectedTlvs);
  if (!described.ok) return described;
  return {
    ok: true,
    claims: {
      hash,
      keyHash: keyHash.value,
      signature,
      isPure: isPure.value,
      securityCounter: described.securityCounter,
      vendorId: described.vendorId,
      classId: described.classId,
      dependencies: described.dependencies,
    },
  };
}

function misplaced(protectedTlvs: readonly Tlv[], tlvs: readonly Tlv[]): Refused | undefined {
  for (const { type } of [...protectedTlvs, ...tlvs]) {
    if (ENCRYPTION.includes(type)) {
      return refused("imageFormat", `is encrypted: carries ${tlvName(type)}`);
    }
    if (COMPRESSION.includes(type)) {
      return refused("imageFormat", `is compressed: carries ${tlvName(type)}`);
    }
  }
  const inside = protectedTlvs.find(({ type }) => UNPROTECTED.includes(type));
  if (inside !== undefined) {
    return refused("imageFormat", `${tlvName(inside.type)} stands in the protected area`);
  }
  const outside = tlvs.find(({ type }) => !UNPROTECTED.includes(type));
  if (outside !== undefined) {
    return refused("imageFormat", `${tlvName(outside.type)} stands outside the protected area`);
  }
  return undefined;
}

type One<T> = ({ readonly ok: true } & T) | Refused;

/** The only TLV of these types, or undefined; two are refused. */
function onlyOne(tlvs: readonly Tlv[], types: readonly number[]): One<{ readonly tlv?: Tlv }> {
  const [tlv, second] = tlvs.filter(({ type }) => types.includes(type));
  if (tlv === undefined) return { ok: true };
  if (second === undefined) return { ok: true, tlv };
  const both = `${tlvName(tlv.type)} and ${tlvName(second.type)}`;
  return refused("imageFormat", tlv.type === second.type ? `two ${tlvName(tlv.type)}` : both);
}

function oneHash(tlvs: readonly Tlv[]): One<ImageClaims["hash"]> {
  const found = onlyOne(tlvs, HASHES);
  if (!found.ok) return found;
  const { tlv } = found;
  if (tlv === undefined) return refused("imageFormat", "carries no hash");
  if (tlv.type === TLV.sha384) {
    return refused("imageFormat", "is hashed with SHA-384, which none of the supported keys uses");
  }
  const algorithm = tlv.type === TLV.sha256 ? "sha256" : "sha512";
  if (tlv.data.length !== (algorithm === "sha256" ? 32 : 64)) return wrongSize(tlv);
  return { ok: true, algorithm, value: tlv.data };
}

function oneSignature(tlvs: readonly Tlv[]): One<ImageClaims["signature"]> {
  const found = onlyOne(tlvs, SIGNATURES);
  if (!found.ok) return found;
  const { tlv } = found;
  if (tlv === undefined) return refused("signature", "is not signed");
  if (tlv.type === TLV.ed25519) {
    if (tlv.data.length !== ED25519_SIGNATURE_BYTES) return wrongSize(tlv);
    return { ok: true, algorithm: "ed25519", value: tlv.data };
  }
  if (tlv.type === TLV.ecdsa) {
    return { ok: true, algorithm: "ecdsa-p256", value: withoutPadding(tlv.data) };
  }
  return refused(
    "signature",
    `is signed with ${tlvName(tlv.type)} only, expected Ed25519 or P-256`,
  );
}

/** `imgtool --pad-sig` brings each DER signature to 72 bytes, with zeros. */
function withoutPadding(signature: Uint8Array): Uint8Array {
  const length = DER_HEADER_BYTES + (signature[1] ?? 0);
  const isPadded = signature.length === PADDED_ECDSA_BYTES && length < signature.length;
  const isZero = signature.subarray(length).every((byte) => byte === 0);
  return isPadded && isZero ? signature.subarray(0, length) : signature;
}

function oneKeyHash(tlvs: readonly Tlv[], sizeBytes: number): One<{ readonly value: Uint8Array }> {
  const found = onlyOne(tlvs, KEYS);
  if (!found.ok) return found;
  const { tlv } = found;
  if (tlv === undefined) return refused("signature", "does not say which key signed it");
  if (tlv.type === TLV.publicKey) {
    return refused("signature", "carries its public key, expected the hash of a trusted one");
  }
  if (tlv.data.length !== sizeBytes) return wrongSize(tlv);
  return { ok: true, value: tlv.data };
}

function pureFlag(
  tlvs: readonly Tlv[],
  algorithm: PublicKey["algorithm"],
): One<{ readonly value: boolean }> {
  const found = onlyOne(tlvs, [TLV.pureSignature]);
  if (!found.ok) return found;
  const { tlv } = found;
  if (tlv === undefined) return { ok: true, value: false };
  if (tlv.data.length !== 1) return wrongSize(tlv);
  if (tlv.data[0] !== 1 || algorithm !== "ed25519") {
    return refused("imageFormat", `${tlvName(tlv.type)} means nothing here`);
  }
  return { ok: true, value: true };
}

function descriptionOf(
  tlvs: readonly Tlv[],
): One<Pick<ImageClaims, "securityCounter" | "vendorId" | "classId" | "dependencies">> {
  const counter = sized(tlvs, TLV.securityCounter, 4);
  if (!counter.ok) return counter;
  const vendor = sized(tlvs, TLV.vendorId, UUID_BYTES);
  if (!vendor.ok) return vendor;
  const deviceClass = sized(tlvs, TLV.classId, UUID_BYTES);
  if (!deviceClass.ok) return deviceClass;
  const needs = tlvs.filter(({ type }) => type === TLV.dependency);
  const odd = needs.find(({ data }) => data.length !== DEPENDENCY_BYTES);
  if (odd !== undefined) return wrongSize(odd);
  return {
    ok: true,
    securityCounter: counter.data === undefined ? 0 : viewOf(counter.data).getUint32(0, true),
    vendorId: vendor.data,
    classId: deviceClass.data,
    dependencies: needs.map(({ data }) => dependencyOf(viewOf(data))),
  };
}

function sized(
  tlvs: readonly Tlv[],
  type: number,
  sizeBytes: number,
): One<{ readonly data: Uint8Array | undefined }> {
  const found = onlyOne(tlvs, [type]);
  if (!found.ok) return found;
  const { tlv } = found;
  if (tlv !== undefined && tlv.data.length !== sizeBytes) return wrongSize(tlv);
  return { ok: true, data: tlv?.data };
}

function dependencyOf(view: DataView): Dependency {
  return {
    imageId: view.getUint8(0),
    versionMin: {
      major: view.getUint8(4),
      minor: view.getUint8(5),
      revision: view.getUint16(6, true),
      build: view.getUint32(8, true),
    },
  };
}

function wrongSize({ type, data }: Tlv): Refused {
  return refused("imageFormat", `${tlvName(type)} of ${data.length} bytes`);
}
