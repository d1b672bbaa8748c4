import { emptyReply, type HttpHandler, type HttpReply, type HttpRequest } from "./http-exchange.ts";

/** A web server with files in it, sans-IO, that gives parts of them (RFC 9110 §14). */
export class FileServer {
  readonly #files = new Map<string, Uint8Array>();

  /** `path`: as it is in a URL. */
  add(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes);
  }

  readonly handle: HttpHandler = (request, respond) => {
    respond(this.#reply(request));
    return () => {};
  };

  #reply({ method, path, headers = {} }: HttpRequest): HttpReply {
    const bytes = this.#files.get(path.replace(/\?.*$/s, ""));
    if (bytes === undefined) return emptyReply(404);
    if (method !== "GET") return emptyReply(405);
    const whole = { "accept-ranges": "bytes", "content-type": "application/octet-stream" };
    const range = parseRange(headers["range"]);
    if (range === undefined) return { status: 200, headers: whole, body: bytes };
    if (range.start >= bytes.length) {
      const none = { ...whole, "content-range": `bytes */${bytes.length}` };
      return { status: 416, headers: none, body: new Uint8Array(0) };
    }
    const body = bytes.subarray(range.start, range.last + 1);
    const last = range.start + body.length - 1;
    const part = `bytes ${range.start}-${last}/${bytes.length}`;
    return { status: 206, headers: { ...whole, "content-range": part }, body };
  }
}

/** One part from its first byte on; any other range is ignored, as a server may. */
function parseRange(text: string | undefined) {
  const [, from = "", to = ""] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(text ?? "") ?? [];
  if (from === "") return undefined;
  const start = Number(from);
  const last = to === "" ? Number.MAX_SAFE_INTEGER - 1 : Number(to);
  return last < start ? undefined : { start, last };
}
