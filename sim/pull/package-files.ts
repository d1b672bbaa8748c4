import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { FileFaults } from "#sim/server/thingsboard/file-faults.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import type { HttpHandler } from "#sim/server/thingsboard/http-exchange.ts";

/** In no world but this one. */
const ORIGIN = "http://files.example";
const NOTHING = () => {};

/** The web server where the packages of a cell lie, with what its scenario has it do. */
export class PackageFiles {
  readonly #server = new FileServer();
  readonly #atUrl: NonNullable<ResolvedPull["package"]["atUrl"]>;
  readonly #faults: FileFaults;

  constructor(atUrl: NonNullable<ResolvedPull["package"]["atUrl"]>, pull: ResolvedPull) {
    this.#atUrl = atUrl;
    this.#faults = new FileFaults(pull.server.chunkFaults, pull.chunkBytes);
  }

  /** Returns the URL that leads to it, if any does. */
  add(name: string, bytes: Uint8Array): string {
    const { redirects } = this.#atUrl;
    this.#server.add(`/${name}/0`, bytes);
    return `${ORIGIN}/${name}/${redirects}`;
  }

  /** As one device sees it. `onChunk`: a chunk is about to be given. */
  handlerFor(device: string, onChunk: (chunk: number) => void): HttpHandler {
    const give = this.#faults.over(this.#serve, device, onChunk);
    return (request, respond) => {
      const redirect = redirectOf(request.path);
      if (redirect === undefined) return give(request, respond);
      respond({ status: 302, headers: { location: redirect }, body: new Uint8Array(0) });
      return NOTHING;
    };
  }

  readonly #serve: HttpHandler = (request, respond) => {
    const asked = this.#atUrl.ranges ? request : { ...request, headers: {} };
    return this.#server.handle(asked, respond);
  };
}

/** `/name/3` takes three redirects, `/name/circle` endless ones. */
function redirectOf(path: string): string | undefined {
  const [, name = "", rest = ""] = /^\/([^/]+)\/(\d+|circle|again)$/.exec(path) ?? [];
  if (rest === "circle") return `/${name}/again`;
  if (rest === "again") return `/${name}/circle`;
  return rest === "" || rest === "0" ? undefined : `/${name}/${Number(rest) - 1}`;
}
