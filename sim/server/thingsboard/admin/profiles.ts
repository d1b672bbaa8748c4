import type { DeviceProfile } from "../device.ts";
import { AdminRefusal, ok } from "./answer.ts";
import { assignmentJson, wantedAssignments } from "./assignment.ts";
import { idOf, objectOf, own, requiredText, requireVersion } from "./fields.ts";
import { pageOf } from "./page.ts";
import { type Registry, reference } from "./registry.ts";
import { type AdminRoute, ENTITY_ID, PAGE_QUERY, TEXT } from "./route.ts";

/** ThingsBoard's own is called so, too. */
const DEFAULT_NAME = "default";

export const PROFILE_ROUTES: readonly AdminRoute[] = [
  {
    method: "POST",
    path: "/api/deviceProfile",
    summary: "makes a device profile, or changes one that has its id: assigns packages to it",
    body: {
      type: "object",
      required: ["name"],
      properties: { id: ENTITY_ID, name: TEXT, firmwareId: ENTITY_ID, softwareId: ENTITY_ID },
    },
    run: (registry, { body }) => saveProfile(registry, objectOf(body)),
  },
  {
    method: "GET",
    path: "/api/deviceProfile/:id",
    summary: "a device profile",
    run: (registry, { params }) => ok(profileJson(registry, registry.profile(params["id"]))),
  },
  {
    method: "DELETE",
    path: "/api/deviceProfile/:id",
    summary: "deletes a device profile that no device has",
    run: (registry, { params }) => removeProfile(registry, registry.profile(params["id"])),
  },
  {
    method: "GET",
    path: "/api/deviceProfiles",
    summary: "device profiles by page",
    query: PAGE_QUERY,
    run: (registry, { query }) =>
      pageOf(
        registry.server.profiles,
        query,
        ({ name }) => name,
        (profile) => profileJson(registry, profile),
      ),
  },
];

export function profileJson(registry: Registry, profile: DeviceProfile) {
  const { id, createdTime, version, sent } = registry.entityOf(profile);
  return {
    type: "DEFAULT",
    transportType: "DEFAULT",
    ...sent,
    id: reference("DEVICE_PROFILE", id),
    createdTime,
    name: profile.name,
    default: profile.name === DEFAULT_NAME,
    ...assignmentJson(profile.assigned),
    version,
  };
}

function saveProfile(registry: Registry, body: object) {
  const name = requiredText(body, "name", "Device profile name");
  const id = idOf(body, "id");
  const { server } = registry;
  const isTaken = [...server.profiles].some((one) => one.name === name);
  if (id === undefined && isTaken) {
    throw new AdminRefusal("badRequest", "Device profile with such name already exists!");
  }
  // A package belongs to a profile: one that is only being made has none yet.
  const has = own(body, "firmwareId") ?? own(body, "softwareId");
  if (id === undefined && has !== undefined) {
    throw new AdminRefusal("badRequest", "Can't assign firmware with different deviceProfile!");
  }
  const profile = id === undefined ? server.profile(name) : registry.profile(id);
  if (profile.name !== name) {
    throw new AdminRefusal("badRequest", "This server does not rename device profiles!");
  }
  const entity = registry.entityOf(profile);
  if (id !== undefined) {
    requireVersion(body, entity.version);
    for (const { kind, ota } of wantedAssignments(registry, body, profile)) {
      server.assignToProfile(name, kind, ota);
    }
    entity.version += 1;
  }
  entity.sent = body;
  return ok(profileJson(registry, profile));
}

function removeProfile(registry: Registry, profile: DeviceProfile) {
  const refuse = (why: string) => new AdminRefusal("badRequest", why);
  if (profile.name === DEFAULT_NAME) {
    throw refuse("Deletion of Default Device Profile is prohibited!");
  }
  for (const record of registry.packages) {
    if (record.profile === profile) {
      throw refuse("The device profile referenced by the ota packages cannot be deleted!");
    }
  }
  if (!registry.server.removeProfile(profile)) {
    throw refuse("The device profile referenced by the devices cannot be deleted!");
  }
  registry.forget(profile);
  return ok(undefined);
}
