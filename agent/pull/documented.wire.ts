/**
 * Names of the "OTA Updates Specification" that goes round for ThingsBoard and that no ThingsBoard
 * keeps to. It names most things more than once: whoever reads takes each name, the first one first.
 */
import type { ChecksumAlgorithm } from "./checksum.ts";
import type { FailureCause } from "./failure.ts";
import type { PackageKind } from "./thingsboard.ts";

/** What is told of the package that is assigned. */
export type DocumentedFact = "title" | "version" | "size" | "checksum" | "algorithm" | "url";

/** "Device Attributes": of firmware. */
export const TARGET_NAMES = {
  version: "targetFwVersion",
  checksum: "targetFwChecksum",
  url: "targetFwUrl",
} as const;

/** "Complete Attribute Set", behind `fw_` or `sw_`. */
export const SHARED_NAMES: Readonly<Record<DocumentedFact, string>> = {
  title: "title",
  version: "version",
  size: "size",
  checksum: "checksum",
  algorithm: "checksum_algorithm",
  url: "url",
};

/** "OtaPackage Entity"; it has no size, which is then called as above. */
export const ENTITY_NAMES: Readonly<Record<DocumentedFact, string>> = {
  title: "title",
  version: "version",
  size: "size",
  checksum: "checksum",
  algorithm: "checksumAlgorithm",
  url: "url",
};

/** "Checksum Algorithms", each known by its length where its name is not told. */
export const DOCUMENTED_ALGORITHMS = [
  "MD5",
  "SHA256",
  "SHA384",
  "SHA512",
  "CRC32",
] as const satisfies readonly ChecksumAlgorithm[];

/** "Response Headers". */
export const CHUNK_INDEX_HEADER = "x-chunk-index";
export const CHUNKS_COUNT_HEADER = "x-chunks-count";

/** "Error Handling". */
export type DocumentedError =
  | "CHECKSUM_MISMATCH"
  | "NETWORK_ERROR"
  | "INSUFFICIENT_STORAGE"
  | "INVALID_PACKAGE"
  | "INSTALLATION_FAILED";

export const DOCUMENTED_ERRORS: Readonly<Record<FailureCause, DocumentedError>> = {
  checksum: "CHECKSUM_MISMATCH",
  chunks: "NETWORK_ERROR",
  tooLarge: "INSUFFICIENT_STORAGE",
  storage: "INSUFFICIENT_STORAGE",
  offer: "INVALID_PACKAGE",
  imageFormat: "INVALID_PACKAGE",
  digest: "INVALID_PACKAGE",
  signature: "INVALID_PACKAGE",
  downgrade: "INVALID_PACKAGE",
  wrongHardware: "INVALID_PACKAGE",
  rolledBack: "INSTALLATION_FAILED",
};

export const PACKAGE_PATHS: Readonly<Record<PackageKind, "firmware" | "software">> = {
  fw: "firmware",
  sw: "software",
};

export const MQTT_RPC = "v1/devices/me/rpc";

/** "Request Format" of a chunk by MQTT. */
export function chunkRequest(chunkSize: number): string {
  return JSON.stringify({ chunkSize });
}
