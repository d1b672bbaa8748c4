import { verifyImage } from "#agent/image/verify.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedKind } from "#scenarios/defaults.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import { type FirmwarePair, hexOf } from "./firmware.ts";

/** The kind of a device is drawn by the weights, from its number alone. */
export function kindOf(kinds: readonly ResolvedKind[], seed: number, id: number): ResolvedKind {
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  let left = draw32(drawKey(seed, id, "kind"), 0) % total;
  for (const kind of kinds) {
    if (left < kind.share) return kind;
    left -= kind.share;
  }
  throw new RangeError("a fleet without kinds");
}

/** The images of a fleet by what they say of themselves. */
export interface FleetImages {
  /** Undefined: defective on purpose. */
  readonly update: ReturnType<typeof identityOf>;
  readonly factory: NonNullable<ReturnType<typeof identityOf>>;
  readonly updateHash: Uint8Array;
}

export function fleetImages(firmware: FirmwarePair, crypto: Crypto): FleetImages {
  const update = identityOf(firmware, firmware.update, crypto);
  const factory = identityOf(firmware, firmware.factory, crypto);
  if (factory === undefined) throw new RangeError("the factory image does not verify");
  const updateHash = update?.hash ?? crypto.hashOf("sha256", firmware.update);
  return { update, factory, updateHash };
}

/** What a report says of the firmware of a run. */
export interface FirmwareFacts {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly version: string;
  /** Of the patch that was sent instead of the image. */
  readonly patchBytes?: number;
}

export function firmwareFacts(
  firmware: FirmwarePair,
  { update }: FleetImages,
  /** Of an image that does not verify. */
  version: string,
  crypto: Crypto,
): FirmwareFacts {
  return {
    sha256: hexOf(crypto.hashOf("sha256", firmware.update)),
    sizeBytes: firmware.update.length,
    version: update?.version ?? version,
    ...(firmware.sent === firmware.update ? {} : { patchBytes: firmware.sent.length }),
  };
}

function identityOf({ keys }: FirmwarePair, image: Uint8Array, crypto: Crypto) {
  const reader = {
    sizeBytes: image.length,
    read: (offset: number, target: Uint8Array) =>
      target.set(image.subarray(offset, offset + target.length)),
  };
  const verdict = verifyImage(reader, { keys, securityCounterMin: 0 }, crypto);
  return verdict.ok ? verdict.image : undefined;
}
