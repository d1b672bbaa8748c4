import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { InputError } from "#tools/errors.ts";
import type { WantedPackage } from "#tools/provision/thingsboard.ts";
import type { LiveGroup } from "./live-server.ts";

/** What a ThingsBoard is to have for a group. */
export interface GroupPackages {
  readonly earlier: Uploaded | undefined;
  readonly final: Uploaded;
}

type Uploaded = WantedPackage & {
  readonly content: { readonly bytes: Uint8Array; readonly algorithm: string };
};

/** Of each group. Throws `InputError` when two cannot be on one ThingsBoard. */
export function packagesOf(groups: readonly LiveGroup[]): readonly GroupPackages[] {
  const packages = groups.map(({ pull, images: { earlier, final } }) => ({
    earlier: earlier && packageOf(pull, earlier.version, earlier.image.bytes),
    final: packageOf(pull, final.version, final.bytes),
  }));
  checkNames(groups, packages);
  return packages;
}

function packageOf({ package: named, software }: ResolvedPull, version: string, bytes: Uint8Array) {
  const { title, tag, checksum: algorithm } = named;
  if (algorithm === "none") throw new RangeError("ThingsBoard has a checksum of every package");
  const fileName = "firmware.bin";
  const type = software ? "SOFTWARE" : "FIRMWARE";
  return { type, title, version, tag, content: { bytes, fileName, algorithm } } as const;
}

/** ThingsBoard has one package of a title and version, whatever its kind. */
function checkNames(groups: readonly LiveGroup[], packages: readonly GroupPackages[]): void {
  const known = new Map<string, Uploaded>();
  for (const [at, { earlier, final }] of packages.entries()) {
    for (const one of [earlier, final]) {
      if (one === undefined) continue;
      const key = JSON.stringify([one.title, one.version]);
      const other = known.get(key) ?? one;
      known.set(key, other);
      if (isSame(one, other)) continue;
      const { index = 0, pull } = groups[at] ?? {};
      throw new InputError(
        `pull.${index} (${pull?.name}): ThingsBoard has one package ${one.title} ${one.version}, and another is wanted; set pull.${index}.package.version or title`,
      );
    }
  }
}

function isSame(one: Uploaded, other: Uploaded): boolean {
  if (one.type !== other.type || one.tag !== other.tag) return false;
  if (one.content.algorithm !== other.content.algorithm) return false;
  return Buffer.compare(one.content.bytes, other.content.bytes) === 0;
}
