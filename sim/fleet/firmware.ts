import type { ImageIdentity } from "#agent/boot/strategy.ts";
import { makeImage, type Signer } from "#agent/image/make.ts";
import type { Crypto, PublicKey } from "#hal/ports.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";

/** What a firmware does when it runs; the file cannot tell. */
export type FirmwareDefect =
  | "none"
  | "crash"
  | "noNetwork"
  | "badSignature"
  | "badDigest"
  | "downgrade";

export interface FirmwareSpec {
  readonly sizeBytes: number;
  readonly version: string;
  readonly defect: FirmwareDefect;
}

/** The two images of a campaign: what every device runs at first, and what is sent. */
export interface FirmwarePair {
  readonly factory: Uint8Array;
  readonly update: Uint8Array;
  readonly keys: readonly PublicKey[];
  readonly defect: FirmwareDefect;
}

/** Version and security counter that the fleet starts with. */
export const FACTORY_VERSION = "1.0.0";
const FACTORY_SECURITY_COUNTER = 2;
const FACTORY_PAYLOAD_BYTES = 8192;

/** Pseudo-random bytes, so that a wrong fragment can never hide behind a repeated pattern. */
function payloadOf(seed: number, name: string, sizeBytes: number): Uint8Array {
  const key = drawKey(seed, 0, name);
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
 * are the payload of a signed image, or are taken as they are when `suppliedIsImage`.
 */
export function makeFirmware(
  spec: FirmwareSpec,
  seed: number,
  signer: Signer,
  crypto: Crypto,
  supplied?: { readonly bytes: Uint8Array; readonly trusted: readonly PublicKey[] },
): FirmwarePair {
  const factoryPayload = payloadOf(seed, "factoryImage", FACTORY_PAYLOAD_BYTES);
  const factory = sign(factoryPayload, FACTORY_VERSION, FACTORY_SECURITY_COUNTER, signer, crypto);
  const counter = FACTORY_SECURITY_COUNTER + (spec.defect === "downgrade" ? -1 : 1);
  const make = (payload: Uint8Array) => sign(payload, spec.version, counter, signer, crypto);
  if (supplied !== undefined) {
    const isImage = supplied.trusted.length > 0;
    const update = isImage ? supplied.bytes : make(supplied.bytes);
    return { factory, update, keys: [signer.publicKey, ...supplied.trusted], defect: spec.defect };
  }
  const overhead = make(new Uint8Array(0)).length;
  let update = make(payloadOf(seed, "updateImage", Math.max(16, spec.sizeBytes - overhead)));
  if (spec.defect === "badSignature") update = flipped(update, update.length - 4);
  if (spec.defect === "badDigest") update = flipped(update, 64);
  return { factory, update, keys: [signer.publicKey], defect: spec.defect };
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
