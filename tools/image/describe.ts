import { createHash } from "node:crypto";
import { claimsOf } from "#agent/image/claims.ts";
import { FLAG, TLV, tlvName, viewOf } from "#agent/image/format.ts";
import { hashedBytesOf, refusalOfFlags } from "#agent/image/header.ts";
import { readerOf } from "#agent/image/reader.ts";
import { restOf } from "#agent/image/rest.ts";
import type { ImageStructure } from "#agent/image/structure.ts";
import type { Tlv } from "#agent/image/tlv.ts";
import { formatVersion } from "#agent/image/version.ts";
import type { DescribedTlv, ImageDescription } from "./schema.ts";
import { formatUuid } from "./uuid.ts";

/** Everything that can be said of an image without knowing whom to trust. */
export function describeImage(
  file: string,
  bytes: Uint8Array,
  structure: ImageStructure,
): ImageDescription {
  const { header, protectedTlvs, tlvs, sizeBytes } = structure;
  const covered = bytes.subarray(0, hashedBytesOf(header));
  const claims = claimsOf(structure);
  const refusal = refusalOfFlags(header) ?? (claims.ok ? undefined : claims);
  return {
    schemaVersion: 1,
    file,
    fileBytes: bytes.length,
    imageBytes: sizeBytes,
    header: {
      version: formatVersion(header.version),
      headerBytes: header.headerBytes,
      payloadBytes: header.payloadBytes,
      protectedBytes: header.protectedBytes,
      loadAddress: header.loadAddress,
      flags: header.flags,
      flagNames: flagNamesOf(header.flags),
    },
    tlvs: [
      ...protectedTlvs.map((tlv) => describeTlv(tlv, true, covered)),
      ...tlvs.map((tlv) => describeTlv(tlv, false, covered)),
    ],
    rest: restOf(readerOf(bytes), sizeBytes),
    refusal: refusal === undefined ? null : { reason: refusal.reason, detail: refusal.detail },
  };
}

function flagNamesOf(flags: number): string[] {
  const names = Object.entries(FLAG).filter(([, bit]) => (flags & bit) !== 0);
  const known = Object.values(FLAG).reduce((all, bit) => all | bit, 0);
  const unknown = (flags & ~known) >>> 0;
  return [
    ...names.map(([name]) => name),
    ...(unknown === 0 ? [] : [`0x${unknown.toString(16)} (unknown)`]),
  ];
}

function describeTlv(tlv: Tlv, isProtected: boolean, covered: Uint8Array): DescribedTlv {
  return {
    protected: isProtected,
    type: tlv.type,
    name: tlvName(tlv.type),
    lengthBytes: tlv.data.length,
    data: hexOf(tlv.data),
    meaning: meaningOf(tlv, covered),
  };
}

function meaningOf({ type, data }: Tlv, covered: Uint8Array): string {
  switch (type) {
    case TLV.sha256:
      return hashMeaning("sha256", data, covered);
    case TLV.sha384:
      return hashMeaning("sha384", data, covered);
    case TLV.sha512:
      return hashMeaning("sha512", data, covered);
    case TLV.keyHash:
      return "hash of the public key that signed";
    case TLV.publicKey:
      return "public key that signed";
    case TLV.ed25519:
    case TLV.ecdsa:
    case TLV.rsa2048:
    case TLV.rsa3072:
      return "signature; image verify checks it";
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

function hashMeaning(
  algorithm: "sha256" | "sha384" | "sha512",
  stored: Uint8Array,
  covered: Uint8Array,
): string {
  const computed = createHash(algorithm).update(covered).digest();
  if (computed.equals(stored)) return "hash of header, payload and protected TLVs: matches";
  return `hash of header, payload and protected TLVs: DIFFERS, they hash to ${hexOf(computed)}`;
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

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
