/**
 * What ThingsBoard and its devices say to each other of packages, whatever the transport: shared
 * attributes of the device one way, telemetry the other.
 */
import { IMAGE_BYTES_MAX } from "../image/verify.ts";
import { type Checksum, parseChecksum } from "./checksum.ts";
import type { Answer, Offer } from "./dialect.ts";
import { own, parseRecord, recordOf } from "./json.ts";
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

/** Those that tell a package from another one of its name, in the order of {@link Offer.identity}. */
const DESCRIBED = ["size", "checksum_algorithm", "checksum", "url"] as const;

/** Title and version are at most so long in its database. */
const NAME_LENGTH_MAX = 255;

const URL_LENGTH_MAX = 2048;

const NO_SIZE = { ok: false, problem: `its size is not 1 to ${IMAGE_BYTES_MAX} bytes` } as const;

/** Names of the shared attributes to ask for, as its query takes them. */
export function sharedKeys(kind: PackageKind): string {
  return ATTRIBUTES.map((name) => `${kind}_${name}`).join(",");
}

export const UNKNOWN_TOKEN: Answer = {
  type: "denied",
  cause: "credentials",
  detail: "the server does not know this access token",
};

export type ParsedOffer =
  | { readonly ok: true; readonly offer: Offer | undefined }
  | { readonly ok: false; readonly problem: string };

/**
 * The package in an answer to a request of attributes: `{"shared":{…}}`, of which the part is missing
 * when none of the keys exist. Without title or version nothing is assigned.
 */
export function parseAttributes(body: Uint8Array, kind: PackageKind): ParsedOffer {
  const answer = parseRecord(body);
  if (answer === undefined) return { ok: false, problem: "attributes that are no JSON object" };
  const shared = own(answer, "shared");
  if (shared === undefined) return { ok: true, offer: undefined };
  const attributes = recordOf(shared);
  if (attributes === undefined) return { ok: false, problem: "attributes that are no JSON object" };
  return offerOf(attributes, kind);
}

/** The same in an answer that is nothing but the attributes, as observers get it by CoAP. */
export function parseFlatAttributes(body: Uint8Array, kind: PackageKind): ParsedOffer {
  const attributes = parseRecord(body);
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
  const described = DESCRIBED.map(of);
  const [size, algorithm, hex, url] = described;
  const isBare = url !== undefined && hex === undefined;
  const checksum = isBare ? undefined : parseChecksum(algorithm, hex);
  const content = contentOf({ url, size, checksum });
  return { ok: true, offer: { title, version, identity: JSON.stringify(described), content } };
}

/** What a server says of a package's bytes. Anything at all. */
export interface ContentFacts {
  readonly url: unknown;
  readonly size: unknown;
  /** A text says what is wrong with it. */
  readonly checksum: Checksum | string | undefined;
}

/** `isLoose`: whoever described it need not have said what it is like; never, if it lies elsewhere. */
export function contentOf(
  { url, size, checksum }: ContentFacts,
  isLoose = false,
): Offer["content"] {
  if (url !== undefined && !isPackageUrl(url)) {
    return { ok: false, problem: "its URL is no address by http: or https:" };
  }
  const mayLack = isLoose || url !== undefined;
  if (!isSize(size) && !(mayLack && size === undefined)) return NO_SIZE;
  if (typeof checksum === "string") return { ok: false, problem: checksum };
  const content = { ok: true, sizeBytes: size, checksum } as const;
  return url === undefined ? content : { ...content, url };
}

function isPackageUrl(url: unknown): url is string {
  return typeof url === "string" && url.length <= URL_LENGTH_MAX && isHttpUrl(url);
}

function isSize(size: unknown): size is number {
  return typeof size === "number" && Number.isInteger(size) && size >= 1 && size <= IMAGE_BYTES_MAX;
}

export const ERROR_LENGTH_MAX = 200;

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

export function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= NAME_LENGTH_MAX;
}
