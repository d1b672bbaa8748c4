import type { Region, VerifyImage } from "#agent/boot/strategy.ts";
import { verifyImage } from "#agent/image/verify.ts";
import type { Crypto, Flash, PublicKey } from "#hal/ports.ts";

/** The bootloader's image check over one flash. */
export function imageCheck(flash: Flash, keys: readonly PublicKey[], crypto: Crypto): VerifyImage {
  return (region: Region, securityCounterMin: number) => {
    const reader = {
      sizeBytes: region.sizeBytes,
      read: (offset: number, target: Uint8Array) => flash.read(region.address + offset, target),
    };
    const policy = { keys, securityCounterMin, ignoresRestOfSlot: true };
    const verdict = verifyImage(reader, policy, crypto);
    return verdict.ok ? verdict : { ok: false };
  };
}
