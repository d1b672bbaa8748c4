import { verifyImage } from "#agent/image/verify.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedKind, ResolvedScenario } from "#scenarios/defaults.ts";
import { stageIntervalS } from "#scenarios/lorawan.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import { type FirmwarePair, hexOf } from "./firmware.ts";

/** The kind of a device follows from its number alone: by a draw, or by its turn. */
export function kindOf(
  { kinds, dealt }: Pick<ResolvedScenario["devices"], "kinds" | "dealt">,
  seed: number,
  id: number,
): ResolvedKind {
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  let left = (dealt === "inTurn" ? id : draw32(drawKey(seed, id, "kind"), 0)) % total;
  for (const kind of kinds) {
    if (left < kind.share) return kind;
    left -= kind.share;
  }
  throw new RangeError("a fleet without kinds");
}

/** Kinds of device that one campaign is for. */
export interface CampaignGroup {
  readonly name: string;
  readonly kinds: readonly ResolvedKind[];
  /** What they have in common, and the interval that their server knows. */
  readonly device: Pick<
    ResolvedKind["device"],
    "packages" | "lorawan" | "activatedBy" | "unicastClass" | "pingPeriodicity" | "uplinkIntervalS"
  >;
}

/** In the order of the kinds. */
export function campaignGroups({
  devices: { kinds },
  campaign: { per, uplinkIntervalS },
}: Pick<ResolvedScenario, "devices" | "campaign">): readonly CampaignGroup[] {
  const byName = new Map<string, ResolvedKind[]>();
  for (const kind of kinds) {
    const name = per === "kind" ? kind.name : versionsOf(kind.device);
    byName.set(name, [...(byName.get(name) ?? []), kind]);
  }
  return [...byName].map(([name, own]) => ({
    name,
    kinds: own,
    device: commonOf(own, uplinkIntervalS),
  }));
}

function commonOf(
  kinds: readonly ResolvedKind[],
  knownIntervalS: number | undefined,
): CampaignGroup["device"] {
  const [first] = kinds;
  if (first === undefined) throw new RangeError("a campaign for no kind");
  const longestS = Math.max(...kinds.map(({ device }) => stageIntervalS(device)));
  return { ...first.device, uplinkIntervalS: knownIntervalS ?? longestS };
}

/** What a server has one device profile for. */
function versionsOf({ packages, lorawan, activatedBy, unicastClass }: CampaignGroup["device"]) {
  return `packages ${packages}, LoRaWAN ${lorawan}, ${activatedBy.toUpperCase()}, class ${unicastClass}`;
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
