import { type ChecksumAlgorithm, checksumDigest, hexOf } from "#agent/pull/checksum.ts";
import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { Crypto } from "#hal/ports.ts";

/** An otaPackage with its bytes. */
export interface OtaPackage {
  /** Unique on the server. */
  readonly id: string;
  readonly kind: PackageKind;
  readonly title: string;
  readonly version: string;
  readonly tag: string | undefined;
  readonly fileName: string;
  readonly data: Uint8Array;
  readonly algorithm: ChecksumAlgorithm;
  readonly checksum: string;
}

export type NewPackage = Omit<OtaPackage, "checksum" | "tag" | "fileName"> &
  Partial<Pick<OtaPackage, "tag" | "fileName">>;

/** As an upload without a checksum makes it: the server computes its own. */
export function makePackage(facts: NewPackage, crypto: Crypto): OtaPackage {
  const digest = checksumDigest(facts.algorithm, crypto);
  digest.update(facts.data);
  const { tag, fileName = `${facts.title}-${facts.version}.bin` } = facts;
  return { ...facts, tag, fileName, checksum: hexOf(digest.digest()) };
}

export type AttributeValue = string | number;

/** The shared attributes of an assignment, and the keys that it deletes. */
export function attributesOf(ota: OtaPackage): {
  readonly set: ReadonlyMap<string, AttributeValue>;
  readonly deleted: readonly string[];
} {
  const { kind, tag } = ota;
  const set = new Map<string, AttributeValue>([
    [`${kind}_title`, ota.title],
    [`${kind}_version`, ota.version],
    [`${kind}_size`, ota.data.length],
    [`${kind}_checksum_algorithm`, ota.algorithm],
    [`${kind}_checksum`, ota.checksum],
  ]);
  if (tag !== undefined) set.set(`${kind}_tag`, tag);
  const deleted = tag === undefined ? [`${kind}_tag`, `${kind}_url`] : [`${kind}_url`];
  return { set, deleted };
}

const ALL = [
  "title",
  "version",
  "ts",
  "state",
  "size",
  "checksum",
  "checksum_algorithm",
  "url",
  "tag",
];

/** All that is deleted when nothing is assigned any more, whether it was there or not. */
export function allKeys(kind: PackageKind): readonly string[] {
  return ALL.map((name) => `${kind}_${name}`);
}
