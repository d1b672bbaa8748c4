/**
 * A server as the "OTA Updates Specification" has it, which no ThingsBoard is: none of ThingsBoard's
 * surprises, and other words for packages and chunks.
 */
import { otherByteOrder } from "#agent/pull/documented.ts";
import {
  CHUNK_INDEX_HEADER,
  CHUNKS_COUNT_HEADER,
  type DocumentedFact,
  ENTITY_NAMES,
  PACKAGE_PATHS,
  SHARED_NAMES,
  TARGET_NAMES,
} from "#agent/pull/documented.wire.ts";
import { own, parseRecord } from "#agent/pull/json.ts";
import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { AttributeValue, OtaPackage } from "./ota-package.ts";
import { QUIRKS, type Quirks } from "./quirks.ts";
import type { CoapResource, ServerDialect } from "./server-dialect.ts";

const FACTS = Object.keys(SHARED_NAMES) as readonly DocumentedFact[];
const NO_QUIRKS = Object.fromEntries(Object.keys(QUIRKS).map((name) => [name, false])) as Quirks;

export const DOCUMENTED: ServerDialect = {
  quirks: NO_QUIRKS,
  booksTarget: false,
  calls: true,
  attributesOf: documentedAttributes,
  allKeys: sharedNames,
  chunkSizeOf: (payload) => {
    const size = own(parseRecord(payload) ?? {}, "chunkSize");
    return typeof size === "number" && Number.isInteger(size) && size > 0 ? size : undefined;
  },
  chunkHeaders: ({ data }, size, chunk) => ({
    [CHUNK_INDEX_HEADER]: String(chunk),
    [CHUNKS_COUNT_HEADER]: String(size === 0 ? 1 : Math.ceil(data.length / size)),
  }),
  coapResource: documentedResource,
  infoOf: (ota) => {
    const facts = factsOf(ota);
    return Object.fromEntries(FACTS.map((fact) => [ENTITY_NAMES[fact], facts[fact]]));
  },
};

function factsOf(ota: OtaPackage): Readonly<Record<DocumentedFact, AttributeValue | undefined>> {
  const { title, version, sizeBytes: size, algorithm, url } = ota;
  const isNumber = algorithm === "CRC32" && ota.checksum !== undefined;
  const checksum = isNumber ? otherByteOrder(ota.checksum) : ota.checksum;
  return { title, version, size, checksum, algorithm, url };
}

/** Each under all of its names. */
function documentedAttributes(ota: OtaPackage) {
  const facts = factsOf(ota);
  const set = new Map<string, AttributeValue>();
  for (const fact of FACTS) {
    const value = facts[fact];
    if (value !== undefined) for (const name of namesOf(fact, ota.kind)) set.set(name, value);
  }
  return { set, deleted: sharedNames(ota.kind).filter((name) => !set.has(name)) };
}

function sharedNames(kind: PackageKind): readonly string[] {
  return FACTS.flatMap((fact) => namesOf(fact, kind));
}

function namesOf(fact: DocumentedFact, kind: PackageKind): readonly string[] {
  const targets: Partial<Record<DocumentedFact, string>> = TARGET_NAMES;
  const target = kind === "fw" ? targets[fact] : undefined;
  const shared = `${kind}_${SHARED_NAMES[fact]}`;
  return target === undefined ? [shared] : [target, shared];
}

/** `/api/v1/{token}/firmware` and `…/firmware/chunk`. */
function documentedResource(path: readonly string[]): CoapResource | undefined {
  const [api, version, token, resource, part, ...rest] = path;
  if (api !== "api" || version !== "v1" || rest.length > 0) return undefined;
  const kind = (["fw", "sw"] as const).find((each) => PACKAGE_PATHS[each] === resource);
  if (kind === undefined || (part !== undefined && part !== "chunk")) return undefined;
  return { kind, token, what: part === undefined ? "info" : "chunk" };
}
