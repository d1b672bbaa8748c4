import { CHECKSUM_BYTES, type ChecksumAlgorithm } from "#agent/pull/checksum.ts";
import { makePackage, makeUrlPackage, type OtaPackage } from "../ota-package.ts";
import { type AdminAnswer, type AdminInput, AdminRefusal, ok } from "./answer.ts";
import { idOf, objectOf, oneOf, own, requiredText, textOf } from "./fields.ts";
import { pageOf } from "./page.ts";
import { type PackageRecord, type Registry, reference } from "./registry.ts";
import { type AdminRoute, ENTITY_ID, PAGE_QUERY, TEXT } from "./route.ts";

const TYPES = ["FIRMWARE", "SOFTWARE"] as const;
const KINDS = { FIRMWARE: "fw", SOFTWARE: "sw" } as const;
const ALGORITHMS = Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[];
const URL_LENGTH_MAX = 2000;

export const PACKAGE_ROUTES: readonly AdminRoute[] = [
  {
    method: "POST",
    path: "/api/otaPackage",
    summary: "makes a package without bytes; with usesUrl, they lie at a URL and never here",
    body: {
      type: "object",
      required: ["title", "version", "type", "deviceProfileId"],
      properties: {
        title: TEXT,
        version: TEXT,
        type: { type: "string", enum: TYPES },
        deviceProfileId: ENTITY_ID,
        tag: TEXT,
        usesUrl: { type: "boolean" },
        url: { type: "string" },
        checksumAlgorithm: { type: "string", enum: ALGORITHMS },
        checksum: TEXT,
        dataSize: { type: "integer" },
      },
    },
    run: (registry, { body }) => savePackage(registry, objectOf(body)),
  },
  {
    method: "POST",
    path: "/api/otaPackage/:id",
    summary: "gives a package its bytes, once",
    query: {
      checksumAlgorithm: { type: "string", required: true, enum: ALGORITHMS },
      checksum: { type: "string" },
    },
    body: "file",
    run: upload,
  },
  {
    method: "GET",
    path: "/api/otaPackage/info/:id",
    summary: "a package, without its bytes",
    run: (registry, { params }) => ok(packageJson(registry.package(params["id"]), registry)),
  },
  {
    method: "GET",
    path: "/api/otaPackage/:id/download",
    summary: "the bytes of a package",
    run: (registry, { params }) => download(registry.package(params["id"])),
  },
  {
    method: "DELETE",
    path: "/api/otaPackage/:id",
    summary: "deletes a package that is assigned to nobody",
    run: (registry, { params }) => remove(registry, registry.package(params["id"])),
  },
  {
    method: "GET",
    path: "/api/otaPackages",
    summary: "packages by page",
    query: PAGE_QUERY,
    run: (registry, { query }) =>
      pageOf(
        registry.packages,
        query,
        ({ title }) => title,
        (record) => packageJson(record, registry),
      ),
  },
];

function packageJson(record: PackageRecord, registry: Registry) {
  const { entity, profile, type, title, version, tag = null, url = null, ota } = record;
  return {
    id: reference("OTA_PACKAGE", entity.id),
    createdTime: entity.createdTime,
    deviceProfileId: reference("DEVICE_PROFILE", registry.entityOf(profile).id),
    type,
    title,
    version,
    tag,
    url,
    hasData: ota !== undefined || url !== null,
    fileName: url === null ? (ota?.fileName ?? null) : null,
    contentType: ota === undefined || url !== null ? null : "application/octet-stream",
    checksumAlgorithm: ota?.algorithm ?? null,
    checksum: ota?.checksum ?? null,
    dataSize: ota?.sizeBytes ?? null,
  };
}

function savePackage(registry: Registry, body: object): AdminAnswer {
  if (idOf(body, "id") !== undefined) {
    throw new AdminRefusal("badRequest", "This server does not change a package's info!");
  }
  const title = requiredText(body, "title", "OtaPackage title");
  const version = requiredText(body, "version", "OtaPackage version");
  const type = oneOf(textOf(body, "type"), TYPES, "Type");
  const profile = registry.profile(idOf(body, "deviceProfileId"));
  for (const one of registry.packages) {
    if (one.title !== title || one.version !== version) continue;
    const message = "OtaPackage with such title and version already exists!";
    throw new AdminRefusal("badRequest", message);
  }
  const url = own(body, "usesUrl") === true ? urlOf(body) : undefined;
  const entity = registry.newEntity({});
  const tag = textOf(body, "tag");
  const named = { id: entity.id, kind: KINDS[type], title, version, tag };
  const ota = url === undefined ? undefined : makeUrlPackage({ ...named, url, ...saidOf(body) });
  const record = { entity, profile, type, title, version, tag, url, ota };
  registry.addPackage(record);
  return ok(packageJson(record, registry));
}

function urlOf(body: object): string {
  const url = own(body, "url");
  if (typeof url === "string" && url !== "" && url.length <= URL_LENGTH_MAX) return url;
  throw new AdminRefusal("badRequest", "Ota package URL should be specified!");
}

/** What the maker of a package at a URL says of its bytes; nobody looks whether it is so. */
function saidOf(body: object): Pick<OtaPackage, "sizeBytes" | "algorithm" | "checksum"> {
  const algorithm = textOf(body, "checksumAlgorithm");
  const size = own(body, "dataSize");
  if (size !== undefined && (typeof size !== "number" || !Number.isSafeInteger(size))) {
    throw new AdminRefusal("badRequest", "dataSize should be a whole number!");
  }
  return {
    sizeBytes: size,
    algorithm:
      algorithm === undefined ? undefined : oneOf(algorithm, ALGORITHMS, "Checksum algorithm"),
    checksum: textOf(body, "checksum"),
  };
}

function upload(registry: Registry, { params, query, file }: AdminInput): AdminAnswer {
  const record = registry.package(params["id"]);
  const { entity, type, title, version, tag } = record;
  const refuse = (message: string) => new AdminRefusal("badRequest", message);
  const named = query["checksumAlgorithm"]?.toUpperCase();
  const algorithm = ALGORITHMS.find((one) => one === named);
  if (algorithm === undefined) throw refuse("Checksum algorithm should be specified!");
  if (record.url !== undefined) throw refuse("File can't be saved if URL present!");
  if (record.ota !== undefined) throw refuse("Updating otaPackage data is prohibited!");
  if (file === undefined) throw refuse("Required part 'file' is not present.");
  if (file.bytes.length === 0) throw refuse("OtaPackage data should be specified!");
  if (file.name === "") throw refuse("OtaPackage file name should be specified!");
  const facts = { id: entity.id, kind: KINDS[type], title, version, algorithm, data: file.bytes };
  const tagged = tag === undefined ? {} : { tag };
  const ota = makePackage(
    { ...facts, ...tagged, fileName: headerText(file.name) },
    registry.crypto,
  );
  const checksum = query["checksum"] ?? "";
  if (checksum !== "" && checksum !== ota.checksum) throw refuse("Wrong otaPackage file!");
  record.ota = ota;
  return ok(packageJson(record, registry));
}

/** It goes into a header of every chunk. */
function headerText(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
}

function download({ ota, url }: PackageRecord): AdminAnswer {
  if (url !== undefined) throw new AdminRefusal("badRequest", "The package lies at a URL!");
  if (ota === undefined) throw new AdminRefusal("notFound", "Requested item wasn't found!");
  const file = { name: ota.fileName, type: "application/octet-stream", bytes: ota.data };
  return { status: 200, file };
}

function remove(registry: Registry, record: PackageRecord): AdminAnswer {
  const { ota } = record;
  const isAssigned = (assigned: { fw: unknown; sw: unknown }) =>
    ota !== undefined && (assigned.fw === ota || assigned.sw === ota);
  const refuse = (by: string) =>
    new AdminRefusal("badRequest", `The otaPackage referenced by the ${by} cannot be deleted!`);
  for (const { assigned } of registry.server.devices)
    if (isAssigned(assigned)) throw refuse("devices");
  for (const { assigned } of registry.server.profiles) {
    if (isAssigned(assigned)) throw refuse("device profile");
  }
  registry.removePackage(record);
  return ok(undefined);
}
