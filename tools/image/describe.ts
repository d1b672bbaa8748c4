import { claimsOf } from "#agent/image/claims.ts";
import { FLAG, tlvName } from "#agent/image/format.ts";
import { hashedBytesOf, refusalOfFlags } from "#agent/image/header.ts";
import { readerOf } from "#agent/image/reader.ts";
import { type Refused, refused } from "#agent/image/refusal.ts";
import { restOf } from "#agent/image/rest.ts";
import type { ImageStructure } from "#agent/image/structure.ts";
import type { Tlv } from "#agent/image/tlv.ts";
import { formatVersion } from "#agent/image/version.ts";
import type { BinaryFile } from "./input.ts";
import { type Content, meaningOf } from "./meaning.ts";
import { nextBootOf } from "./next-boot.ts";
import type { DescribedRest, DescribedTlv, ImageDescription } from "./schema.ts";
import { describeRest } from "./trailer.ts";

/** Everything that can be said of an image without knowing whom to trust. */
export function describeImage(
  file: string,
  { bytes, address }: BinaryFile,
  structure: ImageStructure,
): ImageDescription {
  const { header, protectedTlvs, tlvs, sizeBytes } = structure;
  const isEncrypted = (header.flags & (FLAG.encryptedAes128 | FLAG.encryptedAes256)) !== 0;
  const content = { covered: bytes.subarray(0, hashedBytesOf(header)), isEncrypted };
  const claims = claimsOf(structure);
  const rest = describeRest(bytes, sizeBytes, header.flags);
  const flagNames = flagNamesOf(header.flags);
  const refusal =
    refusalOfFlags(header) ?? (claims.ok ? refusalOfRest(bytes, sizeBytes, rest) : claims);
  return {
    schemaVersion: 2,
    file,
    fileBytes: bytes.length,
    address: address ?? null,
    imageBytes: sizeBytes,
    header: {
      version: formatVersion(header.version),
      headerBytes: header.headerBytes,
      payloadBytes: header.payloadBytes,
      protectedBytes: header.protectedBytes,
      loadAddress: header.loadAddress,
      flags: header.flags,
      flagNames,
    },
    tlvs: [
      ...protectedTlvs.map((tlv) => describeTlv(tlv, true, content)),
      ...tlvs.map((tlv) => describeTlv(tlv, false, content)),
    ],
    rest,
    nextBoot: nextBootOf({ flagNames }, rest),
    refusal: refusal === undefined ? null : { reason: refusal.reason, detail: refusal.detail },
  };
}

/** As a device whose flash erases to what the file is padded with. */
function refusalOfRest(
  bytes: Uint8Array,
  sizeBytes: number,
  described: DescribedRest,
): Refused | undefined {
  const erasedByte = "erasedByte" in described ? described.erasedByte : 0xff;
  const rest = restOf(readerOf(bytes), sizeBytes, erasedByte);
  if (rest.type !== "other") return undefined;
  const detail = `ends at byte ${sizeBytes}, but something follows at byte ${rest.offset}`;
  return refused("imageFormat", detail);
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

function describeTlv(tlv: Tlv, isProtected: boolean, content: Content): DescribedTlv {
  return {
    protected: isProtected,
    type: tlv.type,
    name: tlvName(tlv.type),
    lengthBytes: tlv.data.length,
    data: hexOf(tlv.data),
    meaning: meaningOf(tlv, content),
  };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
