/** The MCUboot image format: the names and numbers of its `image.h`. All integers little-endian. */

export const IMAGE_MAGIC = 0x96f3_b83d;
export const HEADER_BYTES = 32;

/** Bits of the header's flags word. */
export const FLAG = {
  encryptedAes128: 0x004,
  encryptedAes256: 0x008,
  nonBootable: 0x010,
  ramLoad: 0x020,
  /** `loadAddress` is the flash address that the image was built for. */
  romFixed: 0x100,
  compressedLzma1: 0x200,
  compressedLzma2: 0x400,
  compressedArmThumb: 0x800,
} as const;

export const TLV_MAGIC = 0x6907;
/** The area that the hash and the signature cover. */
export const PROTECTED_TLV_MAGIC = 0x6908;
/** Magic and total length, in front of the entries. */
export const TLV_AREA_HEADER_BYTES = 4;
/** Type and length, in front of the data. */
export const TLV_ENTRY_HEADER_BYTES = 4;

export const TLV = {
  keyHash: 0x01,
  publicKey: 0x02,
  sha256: 0x10,
  sha384: 0x11,
  sha512: 0x12,
  rsa2048: 0x20,
  ecdsa: 0x22,
  rsa3072: 0x23,
  ed25519: 0x24,
  /** One byte, 1: the signature is over the bytes, not over their digest. */
  pureSignature: 0x25,
  encryptedKeyRsa2048: 0x30,
  encryptedKeyWrap: 0x31,
  encryptedKeyP256: 0x32,
  encryptedKeyX25519: 0x33,
  encryptedKeyX25519Sha512: 0x34,
  dependency: 0x40,
  securityCounter: 0x50,
  bootRecord: 0x60,
  decompressedSize: 0x70,
  decompressedHash: 0x71,
  decompressedSignature: 0x72,
  compressedDecryptedSize: 0x73,
  vendorId: 0x74,
  classId: 0x75,
} as const;

/** Data of a vendor or class TLV. */
export const UUID_BYTES = 16;

const TLV_NAMES: ReadonlyMap<number, string> = new Map([
  [TLV.keyHash, "KEYHASH"],
  [TLV.publicKey, "PUBKEY"],
  [TLV.sha256, "SHA256"],
  [TLV.sha384, "SHA384"],
  [TLV.sha512, "SHA512"],
  [TLV.rsa2048, "RSA2048"],
  [TLV.ecdsa, "ECDSA"],
  [TLV.rsa3072, "RSA3072"],
  [TLV.ed25519, "ED25519"],
  [TLV.pureSignature, "SIG_PURE"],
  [TLV.encryptedKeyRsa2048, "ENC_RSA2048"],
  [TLV.encryptedKeyWrap, "ENC_KW"],
  [TLV.encryptedKeyP256, "ENC_EC256"],
  [TLV.encryptedKeyX25519, "ENC_X25519"],
  [TLV.encryptedKeyX25519Sha512, "ENC_X25519_SHA512"],
  [TLV.dependency, "DEPENDENCY"],
  [TLV.securityCounter, "SEC_CNT"],
  [TLV.bootRecord, "BOOT_RECORD"],
  [TLV.decompressedSize, "DECOMP_SIZE"],
  [TLV.decompressedHash, "DECOMP_SHA"],
  [TLV.decompressedSignature, "DECOMP_SIGNATURE"],
  [TLV.compressedDecryptedSize, "COMP_DEC_SIZE"],
  [TLV.vendorId, "UUID_VID"],
  [TLV.classId, "UUID_CID"],
]);

/** `SHA256 (0x10)`; the number alone for a type of somebody's own. */
export function tlvName(type: number): string {
  const number = `0x${type.toString(16).padStart(2, "0")}`;
  const name = TLV_NAMES.get(type);
  return name === undefined ? number : `${name} (${number})`;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
