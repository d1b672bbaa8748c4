/**
 * What ThingsBoard and its devices say to each other of packages, whatever the transport: shared
 * attributes of the device one way, telemetry the other.
 */
import { IMAGE_BYTES_MAX } from "../image/verify.ts";
import { parseChecksum } from "./checksum.ts";
import type { Offer } from "./dialect.ts";
import { isHttpUrl } from "./redirects.ts";
import type { Report } from "./report.ts";

/** Firmware or software packages; their keys differ in the prefix. */
export type PackageKind = "fw" | "sw";

/** Shared attributes that describe the package assigned, without their prefix. */
const ATTRIBUTES = [
  "title",
  "version",
  "size",
  "checksum",
  "checksum_algorithm",
  "url",
  "tag",
] as const;

/** Title and version are at most so long in its database. */
const NAME_LENGTH_MAX = 255;

const URL_LENGTH_MAX = 2048;

const NO_SIZE = { ok: false, problem: `its size is not 1 to ${IMAGE_BYTES_MAX} bytes` } as const;

/** Names of the shared attributes to ask for, as its query takes them. */
export function sharedKeys(kind: PackageKind): string {
  return ATTRIBUTES.map((name) => `${kind}_${name}`).join(",");
}

export type ParsedOffer =
  | { readonly ok: true; readonly offer: Offer | undefined }
  | { readonly ok: false; readonly problem: string };

/**
 * The package in an answer to a request of attributes: `{"shared":{…}}`, of which the part is missing
 * when none of the keys exist. Without title or version nothing is assigned.
 */
export function parseAttributes(body: Uint8Array, kind: PackageKind): ParsedOffer {
  const answer = recordOf(parseJson(body));
  if (answer === undefined) return { ok: false, problem: "attributes that are no JSON object" };
  const shared = own(answer, "shared");
  if (shared === undefined) return { ok: true, offer: undefined };
  const attributes = recordOf(shared);
  if (attributes === undefined) return { ok: false, problem: "attributes that are no JSON object" };
  return offerOf(attributes, kind);
}

/** The same in an answer that is nothing but the attributes, as observers get it by CoAP. */
export function parseFlatAttributes(body: Uint8Array, kind: PackageKind): ParsedOffer {
  const attributes = recordOf(parseJson(body));
  if (attributes === undefined) return { ok: false, problem: "attributes that are no JSON object" };
  return offerOf(attributes, kind);
}

function offerOf(attributes: object, kind: PackageKind): ParsedOffer {
  const of = (name: (typeof ATTRIBUTES)[number]) => own(attributes, `${kind}_${name}`);
  const [title, version] = [of("title"), of("version")];
  if (title === undefined || version === undefined) return { ok: true, offer: undefined };
  if (!isName(title) || !isName(version)) {
    return { ok: false, problem: `${kind}_title or ${kind}_version that are no names` };
  }
  const described = [of("size"), of("checksum_algorithm"), of("checksum"), of("url")];
  const content = contentOf(of("size"), of("checksum_algorithm"), of("checksum"), of("url"));
  return { ok: true, offer: { title, version, identity: JSON.stringify(described), content } };
}

function contentOf(
  size: unknown,
  algorithm: unknown,
  hex: unknown,
  url: unknown,
): Offer["content"] {
  if (url !== undefined) return contentAt(url, size, algorithm, hex);
  if (!isSize(size)) return NO_SIZE;
  const checksum = parseChecksum(algorithm, hex);
  if (typeof checksum === "string") return { ok: false, problem: checksum };
  return { ok: true, sizeBytes: size, checksum };
}

/** A package that does not lie on the server: whoever made it need not have said what it is like. */
function contentAt(
  url: unknown,
  size: unknown,
  algorithm: unknown,
  hex: unknown,
): Offer["content"] {
  if (typeof url !== "string" || url.length > URL_LENGTH_MAX || !isHttpUrl(url)) {
    return { ok: false, problem: "its URL is no address by http: or https:" };
  }
  if (size !== undefined && !isSize(size)) return NO_SIZE;
  const checksum = hex === undefined ? undefined : parseChecksum(algorithm, hex);
  if (typeof checksum === "string") return { ok: false, problem: checksum };
  return { ok: true, sizeBytes: size, checksum, url };
}

function isSize(size: unknown): size is number {
  return typeof size === "number" && Number.isInteger(size) && size >= 1 && size <= IMAGE_BYTES_MAX;
}

const ERROR_LENGTH_MAX = 200;

/**
 * Telemetry with a time of its own: values that come within one millisecond overwrite each other.
 * Every state but `FAILED` clears the error of the one before.
 */
export function telemetryOf(report: Report, kind: PackageKind): string {
  const { title, version, state, error, unixMs } = report;
  const values: Record<string, string> = {
    [`current_${kind}_title`]: title,
    [`current_${kind}_version`]: version,
  };
  if (state !== undefined) {
    values[`${kind}_state`] = state;
    values[`${kind}_error`] = error.slice(0, ERROR_LENGTH_MAX);
  }
  return JSON.stringify({ ts: unixMs, values });
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= NAME_LENGTH_MAX;
}

function recordOf(value: unknown): object | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

/** Never what an object inherits. */
function own(record: object, key: string): unknown {
  return Object.hasOwn(record, key) ? Reflect.get(record, key) : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
