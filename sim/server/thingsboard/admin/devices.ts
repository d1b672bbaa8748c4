import type { DeviceProfile, ServerDevice } from "../device.ts";
import { AdminRefusal, ok } from "./answer.ts";
import { assignmentJson, wantedAssignments } from "./assignment.ts";
import { idOf, objectOf, oneOf, requiredText, requireVersion, textOf } from "./fields.ts";
import { pageOf } from "./page.ts";
import { type Registry, reference } from "./registry.ts";
import { type AdminRoute, ENTITY_ID, PAGE_QUERY, TEXT } from "./route.ts";

const SUMMARIES = {
  retry: "tells a device anew of what is assigned to it",
  cancel: "calls off what is assigned to a device, until a retry",
} as const;
const KINDS = { FIRMWARE: "fw", SOFTWARE: "sw" } as const;

export const DEVICE_ROUTES: readonly AdminRoute[] = [
  {
    method: "POST",
    path: "/api/device",
    summary: "makes a device, or changes one that has its id: assigns packages to it",
    query: { accessToken: { type: "string" } },
    body: {
      type: "object",
      required: ["name"],
      properties: {
        id: ENTITY_ID,
        name: TEXT,
        deviceProfileId: ENTITY_ID,
        firmwareId: ENTITY_ID,
        softwareId: ENTITY_ID,
      },
    },
    run: (registry, { body, query }) =>
      saveDevice(registry, objectOf(body), query["accessToken"] ?? ""),
  },
  {
    method: "GET",
    path: "/api/device/:id",
    summary: "a device",
    run: (registry, { params }) => ok(deviceJson(registry, registry.device(params["id"]))),
  },
  {
    method: "DELETE",
    path: "/api/device/:id",
    summary: "deletes a device",
    run: (registry, { params }) => {
      const device = registry.device(params["id"]);
      registry.server.removeDevice(device);
      registry.forget(device);
      return ok(undefined);
    },
  },
  {
    method: "GET",
    path: "/api/device/:id/credentials",
    summary: "how a device logs in",
    run: (registry, { params }) => ok(credentialsJson(registry, registry.device(params["id"]))),
  },
  {
    method: "POST",
    path: "/api/device/credentials",
    summary: "changes how a device logs in; here, only its access token",
    body: {
      type: "object",
      required: ["deviceId", "credentialsType", "credentialsId"],
      properties: { deviceId: ENTITY_ID, credentialsType: TEXT, credentialsId: TEXT },
    },
    run: (registry, { body }) => saveCredentials(registry, objectOf(body)),
  },
  {
    method: "GET",
    path: "/api/tenant/deviceInfos",
    summary: "devices by page",
    query: { ...PAGE_QUERY, deviceProfileId: { type: "string" } },
    run: (registry, { query }) => {
      const id = query["deviceProfileId"];
      const profile = id === undefined ? undefined : registry.profile(id);
      const all = [...registry.server.devices].filter(
        (device) => profile === undefined || device.profile === profile,
      );
      return pageOf(
        all,
        query,
        ({ name }) => name,
        (device) => deviceJson(registry, device),
      );
    },
  },
  ...(["retry", "cancel"] as const).map(
    (what): AdminRoute => ({
      method: "POST",
      path: `/api/device/:id/ota/:type/${what}`,
      summary: `${SUMMARIES[what]}; ThingsBoard has no such call`,
      run: (registry, { params }) => {
        const device = registry.device(params["id"]);
        const type = oneOf(params["type"], ["FIRMWARE", "SOFTWARE"], "type");
        if (registry.server[what](device, KINDS[type])) return ok({});
        throw new AdminRefusal("notFound", "Nothing is assigned to this device!");
      },
    }),
  ),
];

function deviceJson(registry: Registry, device: ServerDevice) {
  const { id, createdTime, version, sent } = registry.entityOf(device);
  return {
    label: null,
    ...sent,
    id: reference("DEVICE", id),
    createdTime,
    name: device.name,
    type: device.profile.name,
    deviceProfileId: reference("DEVICE_PROFILE", registry.entityOf(device.profile).id),
    deviceProfileName: device.profile.name,
    ...assignmentJson(device.assigned),
    version,
  };
}

function saveDevice(registry: Registry, body: object, token: string) {
  const name = requiredText(body, "name", "Device name");
  const id = idOf(body, "id");
  const profileId = idOf(body, "deviceProfileId");
  const { server } = registry;
  const profile = profileId === undefined ? server.profile("default") : registry.profile(profileId);
  const wanted = wantedAssignments(registry, body, profile);
  const device = id === undefined ? newDevice(registry, name, token, profile) : registry.device(id);
  if (device.name !== name || device.profile !== profile) {
    const what = "This server changes neither a device's name nor its profile!";
    throw new AdminRefusal("badRequest", what);
  }
  const entity = registry.entityOf(device);
  if (id !== undefined) {
    requireVersion(body, entity.version);
    entity.version += 1;
  }
  for (const { kind, ota } of wanted) server.assignToDevice(device, kind, ota);
  entity.sent = body;
  return ok(deviceJson(registry, device));
}

function newDevice(registry: Registry, name: string, token: string, profile: DeviceProfile) {
  const { server } = registry;
  for (const device of server.devices) {
    if (device.name !== name) continue;
    throw new AdminRefusal("badRequest", "Device with such name already exists!");
  }
  const known = token === "" ? drawnToken(registry) : token;
  requireFreeToken(registry, known);
  return server.addDevice(name, known, profile.name);
}

const TOKEN_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TOKEN_LENGTH = 20;

function drawnToken({ server }: Registry): string {
  const digit = () =>
    TOKEN_DIGITS[server.options.entropy.below("thingsboard/access token", TOKEN_DIGITS.length)];
  return Array.from({ length: TOKEN_LENGTH }, digit).join("");
}

function requireFreeToken({ server }: Registry, token: string): void {
  if (server.deviceOf(token) === undefined) return;
  throw new AdminRefusal(
    "badRequest",
    "Device credentials are already assigned to another device!",
  );
}

function credentialsJson(registry: Registry, device: ServerDevice) {
  const { id } = registry.entityOf(device);
  return {
    id: { id },
    deviceId: reference("DEVICE", id),
    credentialsType: "ACCESS_TOKEN",
    credentialsId: device.token,
    credentialsValue: null,
  };
}

function saveCredentials(registry: Registry, body: object) {
  const device = registry.device(idOf(body, "deviceId"));
  oneOf(textOf(body, "credentialsType"), ["ACCESS_TOKEN"], "credentialsType");
  const token = requiredText(body, "credentialsId", "Device credentials id");
  if (token !== device.token) requireFreeToken(registry, token);
  registry.server.changeToken(device, token);
  return ok(credentialsJson(registry, device));
}
