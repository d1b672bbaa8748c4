import { createHash } from "node:crypto";
import type { Signer } from "#agent/image/make.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import type { FirmwareSizes, SuppliedFirmware } from "./simulation.ts";

/** The throw-away key that signs the images of a run: a function of the seed alone. */
export function signerOf(seed: number, algorithm: "ed25519" | "ecdsa-p256"): Signer {
  const secret = createHash("sha256").update(`fuota ${algorithm} signing key ${seed}`).digest();
  return NodeSigner.fromSeed(algorithm, new Uint8Array(secret));
}

/** Sizes of the image of a run with this firmware, and of what is sent of it. */
export function firmwareSizesOf(
  scenario: Scenario,
  supplied: SuppliedFirmware | undefined,
): FirmwareSizes {
  const { firmware, seed } = resolveScenario(scenario);
  const signer = signerOf(seed, firmware.signature);
  const { update, sent } = makeFirmware(firmware, seed, signer, new NodeCrypto(), supplied);
  return { imageBytes: update.length, sentBytes: sent.length };
}
