/** PackageVersion: CID 0x00 of every application-layer package, alike in all versions. */
import { u8 } from "../wire/fields.ts";

export const packageVersionReq = { PackageVersionReq: { cid: 0x00, fields: {} } } as const;

export const packageVersionAns = {
  PackageVersionAns: { cid: 0x00, fields: { packageIdentifier: u8, packageVersion: u8 } },
} as const;
