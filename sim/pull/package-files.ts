import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import type { HttpHandler, HttpReply, HttpRequest } from "#sim/server/thingsboard/http-exchange.ts";

/** In no world but this one. */
const ORIGIN = "http://files.example";
const NOTHING = () => {};

/** The web server where the packages of a cell lie, with what its scenario has it do. */
export class PackageFiles {
  readonly #server = new FileServer();
  readonly #atUrl: NonNullable<ResolvedPull["package"]["atUrl"]>;
  readonly #chunkBytes: number;
  readonly #faults: ChunkFaults;

  constructor(atUrl: NonNullable<ResolvedPull["package"]["atUrl"]>, pull: ResolvedPull) {
    this.#atUrl = atUrl;
    this.#chunkBytes = pull.chunkBytes;
    this.#faults = new ChunkFaults(pull.server.chunkFaults);
  }

  /** Returns the URL that leads to it, if any does. */
  add(name: string, bytes: Uint8Array): string {
    const { redirects } = this.#atUrl;
    this.#server.add(`/${name}/0`, bytes);
    return `${ORIGIN}/${name}/${redirects}`;
  }

  /** As one device sees it. `onChunk`: a chunk is about to be given. */
  handlerFor(device: string, onChunk: (chunk: number) => void): HttpHandler {
    return (request, respond) => {
      const redirect = redirectOf(request.path);
      if (redirect === undefined) this.#give(device, request, respond, onChunk);
      else respond({ status: 302, headers: { location: redirect }, body: new Uint8Array(0) });
      return NOTHING;
    };
  }

  #give(
    device: string,
    request: HttpRequest,
    respond: Parameters<HttpHandler>[1],
    onChunk: (chunk: number) => void,
  ): void {
    const { range = "" } = request.headers ?? {};
    const asked = this.#atUrl.ranges ? request : { ...request, headers: {} };
    this.#server.handle(asked, (outcome) => {
      if (typeof outcome === "string" || outcome.status >= 400) {
        respond(outcome);
        return;
      }
      const [, start = "0"] = /^bytes=(\d+)-/.exec(range) ?? [];
      const chunk = Math.floor(Number(start) / this.#chunkBytes);
      onChunk(chunk);
      const reply = this.#faults.apply(device, chunk, request.path, outcome);
      respond(typeof reply === "string" ? reply : withLength(reply));
    });
  }
}

/** `/name/3` takes three redirects, `/name/circle` endless ones. */
function redirectOf(path: string): string | undefined {
  const [, name = "", rest = ""] = /^\/([^/]+)\/(\d+|circle|again)$/.exec(path) ?? [];
  if (rest === "circle") return `/${name}/again`;
  if (rest === "again") return `/${name}/circle`;
  return rest === "" || rest === "0" ? undefined : `/${name}/${Number(rest) - 1}`;
}

function withLength(reply: HttpReply): HttpReply {
  return { ...reply, headers: { ...reply.headers, "content-length": `${reply.body.length}` } };
}
