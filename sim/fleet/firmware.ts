import type { ImageIdentity } from "#agent/boot/strategy.ts";
import { makePatch } from "#agent/delta/make.ts";
import { HEADER_BYTES } from "#agent/image/format.ts";
import { decodeHeader } from "#agent/image/header.ts";
import { makeImage, type Signer } from "#agent/image/make.ts";
import type { Crypto, PublicKey } from "#hal/ports.ts";
import type { ResolvedFirmware } from "#scenarios/defaults.ts";
import { type DrawKey, draw32, drawKey } from "#sim/kernel/draws.ts";

/** What is wrong with the update: with the file, or with what it does when it runs. */
export type FirmwareDefect = ResolvedFirmware["defect"];

/** When an image that does nothing useful is reset, and by what; undefined for all others. */
export function endOf(
  defect: FirmwareDefect,
): { readonly afterUs: number; readonly words: string } | undefined {
  switch (defect) {
    case "crash":
      return { afterUs: 3_000_000, words: "crashed; reset by its fault handler" };
    case "hang":
      return { afterUs: 30_000_000, words: "hung; reset by the watchdog" };
    default:
      return undefined;
  }
}

export interface FirmwareSpec {
  readonly sizeBytes: number;
  readonly version: string;
  readonly defect: FirmwareDefect;
  /** A patch is sent; the images differ in so many percent of their bytes. */
  readonly deltaPercent?: number | undefined;
}

/** The two images of a campaign: what every device runs at first, and what it is to run. */
export interface FirmwarePair {
  readonly factory: Uint8Array;
  readonly update: Uint8Array;
  /** What goes over the air: the update, or the patch that makes it. */
  readonly sent: Uint8Array;
  readonly keys: readonly PublicKey[];
  readonly defect: FirmwareDefect;
}

/** Version and security counter that the fleet starts with. */
export const FACTORY_VERSION = "1.0.0";
const FACTORY_SECURITY_COUNTER = 2;
const FACTORY_PAYLOAD_BYTES = 8192;
/** Devices that look at it have another one. */
const OTHER_CLASS_ID = new Uint8Array(16).fill(0x02);
export const CLASS_ID = new Uint8Array(16).fill(0x01);

/** Pseudo-random bytes, so that a wrong fragment can never hide behind a repeated pattern. */
function payloadOf(seed: number, attempt: number, name: string, sizeBytes: number): Uint8Array {
  const key = drawKey(seed, attempt, name);
  const payload = new Uint8Array(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) payload[index] = draw32(key, index) >>> 24;
  return payload;
}

function sign(
  payload: Uint8Array,
  version: string,
  securityCounter: number,
  signer: Signer,
  crypto: Crypto,
): Uint8Array {
  return makeImage(payload, { version, securityCounter }, signer, crypto);
}

/**
 * Makes the images of a run.
 *
 * Without `supplied` the update is generated with exactly `sizeBytes`; with it, the supplied bytes
 * are the payload of a signed image, or, when they name who signed them, the image as it is sent.
 * Throws `RangeError` for a size that has no room for a payload, and for supplied bytes that are to
 * be sent as a patch and are no image.
 */
export function makeFirmware(
  spec: FirmwareSpec,
  seed: number,
  signer: Signer,
  crypto: Crypto,
  supplied?: { readonly bytes: Uint8Array; readonly trusted: readonly PublicKey[] },
): FirmwarePair {
  const trusted = supplied?.trusted ?? [];
  const keys = [signer.publicKey, ...trusted];
  const { defect, deltaPercent } = spec;
  const update =
    supplied !== undefined && trusted.length > 0
      ? supplied.bytes
      : makeUpdate(spec, seed, signer, crypto, supplied?.bytes);
  const makeFactory = (payload: Uint8Array) =>
    sign(payload, FACTORY_VERSION, FACTORY_SECURITY_COUNTER, signer, crypto);
  if (deltaPercent === undefined) {
    const factory = makeFactory(payloadOf(seed, 0, "factoryImage", FACTORY_PAYLOAD_BYTES));
    return { factory, update, sent: update, keys, defect };
  }
  const payload = payloadIn(update);
  const factory = makeFactory(changed(payload, deltaPercent, drawKey(seed, 0, "deltaPlaces")));
  const other = () => makeFactory(changed(payload, deltaPercent, drawKey(seed, 1, "deltaPlaces")));
  const made = makePatch(defect === "wrongBase" ? other() : factory, update, crypto);
  if (!made.ok) throw new RangeError(`no patch between the images: ${made.detail}`);
  return { factory, update, sent: made.patch, keys, defect };
}

function makeUpdate(
  { defect, version, sizeBytes }: FirmwareSpec,
  seed: number,
  signer: Signer,
  crypto: Crypto,
  suppliedPayload: Uint8Array | undefined,
): Uint8Array {
  const counter = FACTORY_SECURITY_COUNTER + (defect === "downgrade" ? -1 : 1);
  const hardware = defect === "wrongHardware" ? { classId: OTHER_CLASS_ID } : {};
  const options = { version, securityCounter: counter, ...hardware };
  const make = (payload: Uint8Array) => makeImage(payload, options, signer, crypto);
  const good =
    suppliedPayload === undefined ? generate(sizeBytes, seed, make) : make(suppliedPayload);
  return spoiled(good, defect);
}

function payloadIn(image: Uint8Array): Uint8Array {
  const decoded = decodeHeader(image, image.length);
  if (!decoded.ok) throw new RangeError(`no image to make a patch to: ${decoded.detail}`);
  const { headerBytes, payloadBytes } = decoded.header;
  return image.subarray(headerBytes, headerBytes + payloadBytes);
}

/** With so many percent of its bytes changed, here and there; at least one. */
function changed(payload: Uint8Array, percent: number, key: DrawKey): Uint8Array {
  const bytes = payload.slice();
  const count = Math.max(1, Math.round((bytes.length * percent) / 100));
  for (let change = 0; change < count; change++) {
    const at = draw32(key, 2 * change) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 + (draw32(key, 2 * change + 1) % 255));
  }
  return bytes;
}

/** An ECDSA signature is 70 to 72 bytes, seldom less: until one fits, the payload is drawn anew. */
function generate(
  sizeBytes: number,
  seed: number,
  make: (payload: Uint8Array) => Uint8Array,
): Uint8Array {
  let overheadBytes = make(new Uint8Array(0)).length;
  for (let attempt = 0; ; attempt++) {
    const payloadBytes = sizeBytes - overheadBytes;
    if (payloadBytes <= 0) throw new RangeError(`an image of ${sizeBytes} bytes has no payload`);
    const image = make(payloadOf(seed, attempt, "updateImage", payloadBytes));
    if (image.length === sizeBytes) return image;
    overheadBytes = image.length - payloadBytes;
  }
}

function spoiled(image: Uint8Array, defect: FirmwareDefect): Uint8Array {
  if (defect === "badSignature") return flipped(image, image.length - 4);
  if (defect === "truncated") return image.slice(0, Math.ceil(image.length / 2));
  if (defect === "badDigest") return flipped(image, HEADER_BYTES);
  return image;
}

function flipped(image: Uint8Array, at: number): Uint8Array {
  const bad = image.slice();
  bad[at] = (bad[at] ?? 0) ^ 1;
  return bad;
}

export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

export function sameHash(a: ImageIdentity, hash: Uint8Array): boolean {
  return a.hash.length === hash.length && a.hash.every((byte, index) => byte === hash[index]);
}
