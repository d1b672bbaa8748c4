import type { Crypto, PublicKey } from "#hal/ports.ts";
import { HEADER_BYTES, PROTECTED_TLV_MAGIC, TLV, TLV_MAGIC, UUID_BYTES, viewOf } from "./format.ts";
import { encodeHeader } from "./header.ts";
import { keyHashOf } from "./key-hash.ts";
import { encodeTlvs, type Tlv } from "./tlv.ts";
import { parseVersion, securityCounterOf } from "./version.ts";

/** Holds a private key. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Ed25519 over `message`; ECDSA over SHA-256 of `message`, DER. */
  sign(message: Uint8Array): Uint8Array;
}

export interface MakeOptions {
  /** `major.minor.revision+build`; the build may be left out. */
  readonly version: string;
  /** Where the payload starts; 32 by default. */
  readonly headerBytes?: number;
  /**
   * The payload begins with `headerBytes` bytes that the header is laid over, as linkers leave them.
   * Otherwise 0xFF fills what the header does not need.
   */
  readonly payloadHasRoom?: boolean;
  /** `auto` derives it from the version, as imgtool does. Without it the image has none. */
  readonly securityCounter?: number | "auto";
  /** UUID of the vendor, 16 bytes. */
  readonly vendorId?: Uint8Array;
  /** UUID of the class of devices, 16 bytes. */
  readonly classId?: Uint8Array;
}

/**
 * Makes a signed image, byte for byte what imgtool makes of the same payload and key (an ECDSA
 * signature is drawn anew, the bytes that it covers are the same).
 * Throws `RangeError` for options out of range.
 */
export function makeImage(
  payload: Uint8Array,
  options: MakeOptions,
  signer: Signer,
  crypto: Crypto,
): Uint8Array {
  const { headerBytes = HEADER_BYTES } = options;
  const version = parseVersion(options.version);
  if (version === undefined) throw new RangeError(`version ${options.version}`);
  if (headerBytes < HEADER_BYTES || headerBytes > 0xffff) {
    throw new RangeError(`header of ${headerBytes} bytes`);
  }
  const room = options.payloadHasRoom === true ? headerBytes : 0;
  if (room > payload.length) throw new RangeError(`no room for a header of ${headerBytes} bytes`);
  const code = payload.subarray(room);
  const counter =
    options.securityCounter === "auto" ? securityCounterOf(version) : options.securityCounter;
  const protectedArea = encodeTlvs(PROTECTED_TLV_MAGIC, [
    ...(counter === undefined ? [] : [securityCounterTlv(counter)]),
    ...(options.vendorId === undefined ? [] : [uuidTlv(TLV.vendorId, options.vendorId)]),
    ...(options.classId === undefined ? [] : [uuidTlv(TLV.classId, options.classId)]),
  ]);
  const header = encodeHeader({
    loadAddress: 0,
    headerBytes,
    protectedBytes: protectedArea.length,
    payloadBytes: code.length,
    flags: 0,
    version,
  });
  const covered = new Uint8Array(headerBytes + code.length + protectedArea.length);
  covered.fill(0xff, 0, headerBytes);
  covered.set(payload, headerBytes - room);
  covered.set(header);
  covered.set(protectedArea, headerBytes + code.length);
  return signImage(covered, signer, crypto);
}

/** Appends hash, key hash and signature to header, payload and protected TLVs. */
export function signImage(covered: Uint8Array, signer: Signer, crypto: Crypto): Uint8Array {
  const hash = crypto.hashOf("sha256", covered);
  const { algorithm } = signer.publicKey;
  const signature: Tlv =
    algorithm === "ed25519"
      ? { type: TLV.ed25519, data: signer.sign(hash) }
      : { type: TLV.ecdsa, data: signer.sign(covered) };
  const area = encodeTlvs(TLV_MAGIC, [
    { type: TLV.sha256, data: hash },
    { type: TLV.keyHash, data: keyHashOf(signer.publicKey, "sha256", crypto) },
    signature,
  ]);
  const image = new Uint8Array(covered.length + area.length);
  image.set(covered);
  image.set(area, covered.length);
  return image;
}

function securityCounterTlv(counter: number): Tlv {
  if (!Number.isInteger(counter) || counter < 0 || counter > 0xffff_ffff) {
    throw new RangeError(`security counter ${counter}`);
  }
  const data = new Uint8Array(4);
  viewOf(data).setUint32(0, counter, true);
  return { type: TLV.securityCounter, data };
}

function uuidTlv(type: number, data: Uint8Array): Tlv {
  if (data.length !== UUID_BYTES) throw new RangeError(`UUID of ${data.length} bytes`);
  return { type, data };
}
