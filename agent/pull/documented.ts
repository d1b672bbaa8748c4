/**
 * The dialect of the "OTA Updates Specification": what a device and a server that keeps to it say to each
 * other of packages, whatever the transport.
 */
import { CHECKSUM_BYTES, type Checksum, parseChecksum } from "./checksum.ts";
import type { Answer, Ask } from "./dialect.ts";
import {
  DOCUMENTED_ALGORITHMS,
  DOCUMENTED_ERRORS,
  type DocumentedFact,
  ENTITY_NAMES,
  SHARED_NAMES,
  TARGET_NAMES,
} from "./documented.wire.ts";
import { own, parseRecord, recordOf } from "./json.ts";
import type { Report } from "./report.ts";
import {
  contentOf,
  ERROR_LENGTH_MAX,
  isName,
  type PackageKind,
  type ParsedOffer,
} from "./thingsboard.ts";

type ChunkAsk = Ask & { readonly type: "chunk" };

const TARGETS: Readonly<Partial<Record<DocumentedFact, string>>> = TARGET_NAMES;

/** Names of the shared attributes to ask for. */
export function documentedKeys(kind: PackageKind): string {
  const targets = kind === "fw" ? Object.values(TARGET_NAMES) : [];
  return [...targets, ...Object.values(SHARED_NAMES).map((name) => `${kind}_${name}`)].join(",");
}

/**
 * The package in an answer: attributes, with or without `shared` around them, or what CoAP tells of it.
 * Without a version nothing is assigned; without a title it is for whoever asks.
 */
export function parseDocumentedOffer(
  body: Uint8Array,
  kind: PackageKind,
  ownTitle: string,
): ParsedOffer {
  const answer = parseRecord(body);
  if (answer === undefined) return { ok: false, problem: "a package that is no JSON object" };
  const record = recordOf(own(answer, "shared")) ?? answer;
  const fact = (name: DocumentedFact) => factIn(record, name, kind);
  const [version, title] = [fact("version"), fact("title") ?? ownTitle];
  if (version === undefined) return { ok: true, offer: undefined };
  if (!isName(title) || !isName(version)) {
    return { ok: false, problem: "a title or version that is no name" };
  }
  const [size, algorithm, hex, url] = [
    fact("size"),
    fact("algorithm"),
    fact("checksum"),
    fact("url"),
  ];
  const content = contentOf({ url, size, checksum: checksumOf(algorithm, hex) }, true);
  const identity = JSON.stringify([size, algorithm, hex, url]);
  return { ok: true, offer: { title, version, identity, content } };
}

function factIn(record: object, fact: DocumentedFact, kind: PackageKind): unknown {
  const target = kind === "fw" ? TARGETS[fact] : undefined;
  const names = [`${kind}_${SHARED_NAMES[fact]}`, ENTITY_NAMES[fact]];
  if (target !== undefined) names.unshift(target);
  const found = names.map((name) => own(record, name));
  return found.find((value) => value !== undefined && value !== null);
}

function checksumOf(algorithm: unknown, hex: unknown): Checksum | string | undefined {
  if (hex === undefined) return undefined;
  const digits = typeof hex === "string" ? hex.length : 0;
  const named = DOCUMENTED_ALGORITHMS.find((name) =>
    algorithm === undefined ? digits === 2 * CHECKSUM_BYTES[name] : algorithm === name,
  );
  const checksum = parseChecksum(named, hex);
  if (typeof checksum === "string" || named !== "CRC32") return checksum;
  return { ...checksum, hex: otherByteOrder(checksum.hex) };
}

/** A CRC-32 is written as the number that it is; ThingsBoard's own, the other way round. */
export function otherByteOrder(hex: string): string {
  return (hex.match(/../g) ?? []).reverse().join("");
}

/** `attributes`: of the client. */
export interface DocumentedMessage {
  readonly to: "attributes" | "telemetry";
  readonly body: string;
}

/**
 * What is said of a report, in this order. The document wants states and errors in both places: an
 * attribute has the code of an error, telemetry its reason.
 */
export function documentedMessages(
  report: Report,
  kind: PackageKind,
): readonly [DocumentedMessage, ...DocumentedMessage[]] {
  const { title, version, state, error, cause, progress } = report;
  if (progress !== undefined) {
    const body = JSON.stringify({ [`${kind}_progress`]: progress });
    return [{ to: "telemetry", body }];
  }
  const image = { [`${kind}_title`]: title, [`${kind}_version`]: version };
  if (state === undefined) return [{ to: "attributes", body: JSON.stringify(image) }];
  const code = cause === undefined ? "" : DOCUMENTED_ERRORS[cause];
  const told = (why: string) => ({ [`${kind}_state`]: state, [`${kind}_error`]: why });
  return [
    { to: "attributes", body: JSON.stringify({ ...image, ...told(code) }) },
    { to: "telemetry", body: JSON.stringify(told(error.slice(0, ERROR_LENGTH_MAX))) },
  ];
}

/**
 * The answer that the bytes of a chunk are. Where the size was not told, the end is where the server says
 * so (`isLast`), or else where a chunk is shorter than asked for.
 */
export function documentedChunk(ask: ChunkAsk, bytes: Uint8Array, isLast?: boolean): Answer {
  const { content } = ask.offer;
  if (!content.ok) throw new RangeError("a chunk of nothing");
  const { sizeBytes, checksum } = content;
  if (sizeBytes !== undefined || bytes.length > ask.expectBytes) return { type: "chunk", bytes };
  const isEnd = isLast ?? bytes.length < ask.chunkBytes;
  return isEnd ? { type: "lastChunk", bytes, checksum } : { type: "chunk", bytes };
}

/** "Chunked Download": parameters, not escaped. */
export function chunkParameters({ offer, index, chunkBytes }: ChunkAsk) {
  const { title, version } = offer;
  return { title, version, chunk: index, size: chunkBytes } as const;
}

/** The number of a call (RPC), if it has one to be answered with. */
export function callIdOf(body: Uint8Array): number | undefined {
  const id = own(parseRecord(body) ?? {}, "id");
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}

/** Of a call, whatever it is called: the device will look what is assigned. */
export const CALL_ANSWER = "{}";
