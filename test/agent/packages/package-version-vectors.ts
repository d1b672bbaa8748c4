import type { Vector } from "./vector.ts";

const version = (packageIdentifier: number, packageVersion: number) => ({
  name: "PackageVersionAns",
  packageIdentifier,
  packageVersion,
});

export const packageVersionVectors: readonly Vector[] = [
  { set: "clockSyncDownlink", bytes: "00", command: { name: "PackageVersionReq" } },
  { set: "mcDownlink", bytes: "00", command: { name: "PackageVersionReq" } },
  { set: "fragDownlinkV1", bytes: "00", command: { name: "PackageVersionReq" } },
  { set: "fragDownlinkV2", bytes: "00", command: { name: "PackageVersionReq" } },
  { set: "fwDownlink", bytes: "00", command: { name: "PackageVersionReq" } },
  { set: "clockSyncUplink", bytes: "00 01 01", command: version(1, 1) },
  { set: "clockSyncUplink", bytes: "00 01 02", command: version(1, 2) },
  { set: "mcUplinkV1", bytes: "00 02 01", command: version(2, 1) },
  { set: "mcUplinkV2", bytes: "00 02 02", command: version(2, 2) },
  { set: "fragUplinkV1", bytes: "00 03 01", command: version(3, 1) },
  { set: "fragUplinkV2", bytes: "00 03 02", command: version(3, 2) },
  { set: "fwUplink", bytes: "00 04 01", command: version(4, 1) },
];
