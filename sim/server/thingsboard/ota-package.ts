import { type ChecksumAlgorithm, checksumDigest, hexOf } from "#agent/pull/checksum.ts";
import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { Crypto } from "#hal/ports.ts";

/** An otaPackage: its bytes, or where they lie. */
export interface OtaPackage {
  /** Unique on the server. */
  readonly id: string;
  readonly kind: PackageKind;
  readonly title: string;
  readonly version: string;
  readonly tag: string | undefined;
  readonly fileName: string;
  readonly data: Uint8Array;
  /** Of a package at a URL, whatever of these its maker has said. */
  readonly sizeBytes: number | undefined;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksum: string | undefined;
  /** Then its bytes are not given as chunks. */
  readonly url: string | undefined;
}

export interface NewPackage
  extends Pick<OtaPackage, "id" | "kind" | "title" | "version" | "data">,
    Partial<Pick<OtaPackage, "tag" | "fileName" | "url">> {
  readonly algorithm: ChecksumAlgorithm;
}

/** As an upload without a checksum makes it: the server computes its own. */
export function makePackage(facts: NewPackage, crypto: Crypto) {
  const { tag, url, data, fileName = fileNameOf(facts) } = facts;
  const digest = checksumDigest(facts.algorithm, crypto);
  digest.update(data);
  const checksum = hexOf(digest.digest());
  return { ...facts, tag, url, fileName, checksum, sizeBytes: data.length } satisfies OtaPackage;
}

/** A package of which the server has no byte. */
export function makeUrlPackage(facts: Omit<OtaPackage, "data" | "fileName">): OtaPackage {
  return { ...facts, fileName: fileNameOf(facts), data: new Uint8Array(0) };
}

function fileNameOf({ title, version }: Pick<OtaPackage, "title" | "version">): string {
  return `${title}-${version}.bin`;
}

export type AttributeValue = string | number;

/** The shared attributes of an assignment, and the keys that it deletes. */
export function attributesOf(ota: OtaPackage): {
  readonly set: ReadonlyMap<string, AttributeValue>;
  readonly deleted: readonly string[];
} {
  const { kind } = ota;
  const facts = [
    ["title", ota.title],
    ["version", ota.version],
    ["size", ota.sizeBytes],
    ["checksum_algorithm", ota.algorithm],
    ["checksum", ota.checksum],
    ["tag", ota.tag],
    ["url", ota.url],
  ] as const;
  const set = new Map<string, AttributeValue>();
  const deleted: string[] = [];
  for (const [name, value] of facts) {
    if (value === undefined) deleted.push(`${kind}_${name}`);
    else set.set(`${kind}_${name}`, value);
  }
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
