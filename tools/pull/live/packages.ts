import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { KnownImage } from "#sim/oracles/known-images.ts";
import { earlierOf } from "#sim/pull/cell.ts";
import { InputError } from "#tools/errors.ts";
import type { LiveImages, LiveSpec } from "#tools/fleet/live-world.ts";
import type { WantedPackage } from "#tools/provision/thingsboard.ts";
import { signerOf } from "#tools/run/images.ts";

/** What the devices of a group are given. */
export interface GroupPackages {
  /** Before the other one. */
  readonly earlier: WantedPackage | undefined;
  readonly earlierImage: KnownImage | undefined;
  readonly final: WantedPackage;
}

type Uploaded = WantedPackage & {
  readonly content: { readonly bytes: Uint8Array; readonly algorithm: string };
};

/** Of each group. Throws `InputError` when two cannot be on one ThingsBoard. */
export function packagesOf(
  { scenario, seed }: Omit<LiveSpec, "firmware">,
  images: LiveImages,
): readonly GroupPackages[] {
  const { firmware, crypto, facts } = images;
  const signer = signerOf(seed, scenario.firmware.signature);
  const groups = scenario.pull.map((pull) => {
    const version = pull.package.version ?? facts.version.replace(/\+0$/, "");
    const image = earlierOf(pull, { scenario, firmware, seed, signer, crypto });
    const { earlier } = pull.server;
    return {
      earlier: image && earlier && packageOf(pull, earlier.version, image.bytes),
      earlierImage: image,
      final: packageOf(pull, version, firmware.sent),
    };
  });
  checkNames(scenario, groups);
  return groups;
}

function packageOf({ package: named, software }: ResolvedPull, version: string, bytes: Uint8Array) {
  const { title, tag, checksum: algorithm } = named;
  if (algorithm === "none") throw new RangeError("ThingsBoard has a checksum of every package");
  const fileName = "firmware.bin";
  const type = software ? "SOFTWARE" : "FIRMWARE";
  return { type, title, version, tag, content: { bytes, fileName, algorithm } } as const;
}

/** ThingsBoard has one package of a title and version, whatever its kind. */
function checkNames(
  { pull }: Pick<ResolvedScenario, "pull">,
  groups: readonly { readonly earlier: Uploaded | undefined; readonly final: Uploaded }[],
): void {
  const known = new Map<string, Uploaded>();
  for (const [index, { earlier, final }] of groups.entries()) {
    for (const one of [earlier, final]) {
      if (one === undefined) continue;
      const key = JSON.stringify([one.title, one.version]);
      const other = known.get(key) ?? one;
      known.set(key, other);
      if (isSame(one, other)) continue;
      const name = pull[index]?.name ?? "";
      throw new InputError(
        `pull.${index} (${name}): ThingsBoard has one package ${one.title} ${one.version}, and another is wanted; set pull.${index}.package.version or title`,
      );
    }
  }
}

function isSame(one: Uploaded, other: Uploaded): boolean {
  if (one.type !== other.type || one.tag !== other.tag) return false;
  if (one.content.algorithm !== other.content.algorithm) return false;
  return Buffer.compare(one.content.bytes, other.content.bytes) === 0;
}
