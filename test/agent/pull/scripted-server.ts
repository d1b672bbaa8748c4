import { createHash } from "node:crypto";
import { imageOf } from "../test-device.ts";
import type { HttpRequest, PullServer, Reply } from "./pull-world.ts";

/** Seven chunks of 256 bytes, the last of them short. */
export const update = imageOf("2.0.0", 2, 1500);

export interface Package {
  readonly title?: unknown;
  readonly version?: unknown;
  readonly bytes: Uint8Array;
  /** What the server says instead of what is so. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** Changes one reply of many. `count` is how often this very request came before. */
export type Twist = (request: HttpRequest, reply: Reply, count: number) => Reply;

export const isChunk = ({ path }: HttpRequest) => /\/(firmware|software)\?/.test(path);
export const isTarget = ({ path }: HttpRequest) => path.includes("/attributes?");
export const isReport = ({ method }: HttpRequest) => method === "POST";

/** Does what the tests of the device need of ThingsBoard, and then what `twist` makes of it. */
export class ScriptedServer implements PullServer {
  assigned: Package | undefined;
  twist: Twist = (_, reply) => reply;
  readonly #counts = new Map<string, number>();

  constructor(assigned: Package | undefined = { bytes: update }) {
    this.assigned = assigned;
  }

  reply(request: HttpRequest): Reply {
    const key = isReport(request) ? "report" : request.path;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return this.twist(request, this.#honest(request), count);
  }

  #honest(request: HttpRequest): Reply {
    const { pathname, searchParams } = new URL(request.path, "http://server");
    if (!pathname.startsWith("/api/v1/T%201/")) return { status: 401 };
    if (isReport(request)) return { status: 200 };
    const kind = pathname.endsWith("/software") || request.path.includes("sw_") ? "sw" : "fw";
    if (pathname.endsWith("/attributes/updates")) return { status: 408 };
    if (isTarget(request)) return { status: 200, body: this.#attributes(kind) };
    const { title = "fw", version = "2.0.0", bytes } = this.assigned ?? { bytes: update };
    if (this.assigned === undefined) return { status: 404 };
    const isAssigned =
      searchParams.get("title") === title && searchParams.get("version") === version;
    if (!isAssigned) return { status: 400 };
    const size = Number(searchParams.get("size"));
    const at = size * Number(searchParams.get("chunk"));
    return { status: 200, body: bytes.subarray(at, at + size) };
  }

  #attributes(kind: string): string {
    if (this.assigned === undefined) return "{}";
    const { title = "fw", version = "2.0.0", bytes, attributes } = this.assigned;
    const plain = {
      title,
      version,
      size: bytes.length,
      checksum: createHash("sha256").update(bytes).digest("hex"),
      checksum_algorithm: "SHA256",
      ...attributes,
    };
    const shared = Object.entries(plain).map(([key, value]) => [`${kind}_${key}`, value]);
    return JSON.stringify({ shared: Object.fromEntries(shared) });
  }
}
