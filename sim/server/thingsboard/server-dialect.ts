import type { PackageKind } from "#agent/pull/thingsboard.ts";
import { readChunkSize } from "./mqtt-payload.ts";
import { type AttributeValue, allKeys, attributesOf, type OtaPackage } from "./ota-package.ts";
import { QUIRKS, type Quirks } from "./quirks.ts";

/** What a path of CoAP stands for, if it is about packages. */
export interface CoapResource {
  readonly kind: PackageKind;
  /** Undefined: the path is too long or too short. */
  readonly token: string | undefined;
  readonly what: "chunk" | "info";
}

/** In what a server's words to its devices may differ. */
export interface ServerDialect {
  readonly quirks: Quirks;
  /** Telemetry of a device has what is assigned to it, and how far the server is. */
  readonly booksTarget: boolean;
  /** Devices are called (RPC) about an assignment, besides being told of their attributes. */
  readonly calls: boolean;
  /** The shared attributes of an assignment, and the keys that it deletes. */
  attributesOf(ota: OtaPackage): {
    readonly set: ReadonlyMap<string, AttributeValue>;
    readonly deleted: readonly string[];
  };
  /** All that is deleted when nothing is assigned any more. */
  allKeys(kind: PackageKind): readonly string[];
  /** Of a request by MQTT, 0 where none is said; undefined ends the connection. */
  chunkSizeOf(payload: Uint8Array, quirks: Quirks): number | undefined;
  /** Of a chunk by HTTP. */
  chunkHeaders(ota: OtaPackage, size: number, chunk: number): Readonly<Record<string, string>>;
  coapResource(path: readonly string[]): CoapResource | undefined;
  /** What CoAP tells of a package. */
  infoOf(ota: OtaPackage): Readonly<Record<string, unknown>>;
}

/** ThingsBoard as it is (4.1 and later). */
export const THINGSBOARD: ServerDialect = {
  quirks: QUIRKS,
  booksTarget: true,
  calls: false,
  attributesOf,
  allKeys,
  chunkSizeOf: (payload, { jsonCloses }) => readChunkSize(payload, jsonCloses),
  chunkHeaders: ({ fileName }) => ({
    "content-disposition": `attachment;filename=${fileName}`,
    "x-filename": fileName,
  }),
  coapResource: (path) => {
    const [kind, token] = path;
    if (kind !== "fw" && kind !== "sw") return undefined;
    return { kind, token: path.length === 2 ? token : undefined, what: "chunk" };
  },
  infoOf: () => ({}),
};
