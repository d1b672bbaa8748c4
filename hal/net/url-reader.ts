import http from "node:http";
import https from "node:https";
import { headerTexts, httpReasonOf } from "./http-client.ts";

export interface UrlPart {
  /** `http:` or `https:`. */
  readonly url: string;
  readonly startBytes: number;
  readonly bytesMax: number;
}

/** One of these is called, once, unless the call is cancelled. */
export interface UrlPartEvents {
  readonly onResponse: (
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ) => void;
  /** For people, in one line. */
  readonly onFailed: (detail: string) => void;
}

/** A body that has been read up to a place. */
interface OpenBody {
  readonly url: string;
  readonly response: http.IncomingMessage;
  readonly pieces: AsyncIterator<Uint8Array>;
  atBytes: number;
  /** Read, and not taken. */
  rest: Uint8Array;
}

/**
 * Parts of files by range requests, one at a time. Where a server ignores the range and sends the
 * whole file, its body stays open behind the part: who asks for the next one gets it from there, and
 * the file comes once, not once for each part. No more than a part is ever held.
 */
export class UrlReader {
  readonly #http = new http.Agent({ keepAlive: true });
  readonly #https = new https.Agent({ keepAlive: true });
  #open: OpenBody | undefined;

  /** Returns what cancels it. */
  get(part: UrlPart, events: UrlPartEvents): () => void {
    let isOver = false;
    const end = (tell: () => void) => {
      if (isOver) return;
      isOver = true;
      tell();
    };
    const fail = (error: Error) => end(() => events.onFailed(httpReasonOf(error)));
    const give = async (body: OpenBody) => {
      const bytes = await readPart(body, part);
      end(() => {
        const { statusCode = 0, headers } = body.response;
        if (statusCode === 200) this.#open = body;
        events.onResponse(statusCode, headerTexts(headers), bytes);
      });
    };
    let stop = () => {};
    const begin = () => {
      if (isOver) return;
      const request = this.#request(part, (body) => give(body).catch(fail));
      request.on("error", fail);
      stop = () => request.destroy();
    };
    const open = this.#takeOpen(part);
    if (open === undefined) begin();
    else {
      stop = () => open.response.destroy();
      // A server need not wait for ever until somebody reads on.
      give(open).catch(begin);
    }
    return () => {
      end(() => {});
      stop();
    };
  }

  close(): void {
    this.#open?.response.destroy();
    this.#http.destroy();
    this.#https.destroy();
  }

  #request({ url, startBytes, bytesMax }: UrlPart, onBody: (body: OpenBody) => void) {
    const isSecure = url.startsWith("https:");
    const headers = {
      range: `bytes=${startBytes}-${startBytes + bytesMax - 1}`,
      "accept-encoding": "identity",
    };
    const options = { agent: isSecure ? this.#https : this.#http, headers };
    const request = (isSecure ? https : http).get(url, options, (response) => {
      const pieces = response[Symbol.asyncIterator]();
      const atBytes = response.statusCode === 200 ? 0 : startBytes;
      onBody({ url, response, pieces, atBytes, rest: new Uint8Array(0) });
    });
    return request;
  }

  /** The body that is open, if this part is the next one of it; else it is closed. */
  #takeOpen({ url, startBytes }: UrlPart): OpenBody | undefined {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return undefined;
    if (open.url === url && open.atBytes === startBytes) return open;
    open.response.destroy();
    return undefined;
  }
}

async function readPart(body: OpenBody, { startBytes, bytesMax }: UrlPart): Promise<Uint8Array> {
  const part = new Uint8Array(bytesMax);
  let taken = 0;
  while (taken < bytesMax && (await fill(body))) {
    const skipped = Math.min(startBytes + taken - body.atBytes, body.rest.length);
    const piece = body.rest.subarray(skipped, skipped + bytesMax - taken);
    part.set(piece, taken);
    taken += piece.length;
    body.atBytes += skipped + piece.length;
    body.rest = body.rest.subarray(skipped + piece.length);
  }
  // Read to its end, its connection is kept; whatever is longer than a part is not read.
  const isWhole = body.response.statusCode === 200;
  if (!isWhole && (await fill(body))) body.response.destroy();
  return part.subarray(0, taken);
}

/** Returns whether there are bytes to take. */
async function fill(body: OpenBody): Promise<boolean> {
  while (body.rest.length === 0) {
    const next = await body.pieces.next();
    if (next.done === true) return false;
    body.rest = next.value;
  }
  return true;
}
