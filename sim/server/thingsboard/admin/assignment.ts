import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { Assignment, DeviceProfile } from "../device.ts";
import type { OtaPackage } from "../ota-package.ts";
import { AdminRefusal } from "./answer.ts";
import { idOf } from "./fields.ts";
import { type Registry, reference } from "./registry.ts";

/** The field of a device or a profile, the type of package that it takes, and the words for it. */
const FIELDS = [
  { kind: "fw", field: "firmwareId", type: "FIRMWARE", word: "firmware" },
  { kind: "sw", field: "softwareId", type: "SOFTWARE", word: "software" },
] as const;

/** What `body` wants assigned to a thing of `profile`; throws before anything has changed. */
export function wantedAssignments(
  registry: Registry,
  body: object,
  profile: DeviceProfile,
): readonly { readonly kind: PackageKind; readonly ota: OtaPackage | undefined }[] {
  return FIELDS.map(({ kind, field, type, word }) => {
    const id = idOf(body, field);
    if (id === undefined) return { kind, ota: undefined };
    const refuse = (why: string) => new AdminRefusal("badRequest", `Can't assign ${why}!`);
    const record = [...registry.packages].find(({ entity }) => entity.id === id);
    if (record === undefined) throw refuse(`non-existent ${word}`);
    if (record.type !== type) throw refuse(`${word} with type: ${record.type}`);
    if (record.ota === undefined) throw refuse(`${word} with empty data`);
    if (record.profile !== profile) throw refuse(`${word} with different deviceProfile`);
    return { kind, ota: record.ota };
  });
}

export function assignmentJson({ fw, sw }: Assignment) {
  return {
    firmwareId: reference("OTA_PACKAGE", fw?.id),
    softwareId: reference("OTA_PACKAGE", sw?.id),
  };
}
