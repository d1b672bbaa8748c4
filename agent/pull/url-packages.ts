import { parseContentLength, parseContentRange } from "./content-range.ts";
import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import type { FetchEvent, LinkEvent } from "./events.ts";
import { isRedirect, redirected } from "./redirects.ts";

type ChunkAsk = Ask & { readonly type: "chunk" };
type Fetched = FetchEvent & { readonly type: "fetched" };

/** The file has gone, or is not for everybody: worth a few more tries, not endless ones. */
const GONE: readonly number[] = [400, 401, 403, 404, 405, 410];

/**
 * Any dialect, and packages that lie at a URL of their own: their bytes are fetched there, everything
 * else is asked as ever. Each chunk begins at the URL that the server gave, because what redirects
 * lead to may be good for a while only.
 */
export class UrlPackages implements Dialect {
  readonly chunkBytesMax: number;
  readonly tellsChanges: boolean;
  readonly tellsProgress: boolean;
  readonly isSilent: boolean;
  readonly isUnchecked: boolean;
  readonly #server: Dialect;
  #id = 0;
  #asked: ChunkAsk | undefined;
  #visited: string[] = [];

  constructor(server: Dialect) {
    this.#server = server;
    this.chunkBytesMax = server.chunkBytesMax;
    this.tellsChanges = server.tellsChanges;
    this.tellsProgress = server.tellsProgress === true;
    this.isSilent = server.isSilent === true;
    this.isUnchecked = server.isUnchecked === true;
  }

  ask(ask: Ask, io: DialectIo): void {
    const url = ask.type === "chunk" && ask.offer.content.ok ? ask.offer.content.url : undefined;
    if (ask.type !== "chunk" || url === undefined) {
      this.#server.ask(ask, io);
      return;
    }
    this.#asked = ask;
    this.#visited = [];
    this.#fetch(ask, url, io);
  }

  giveUp(io: DialectIo): void {
    if (this.#asked === undefined) {
      this.#server.giveUp(io);
      return;
    }
    this.#asked = undefined;
    io.effects.push({ type: "fetchCancel", id: this.#id });
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    if (event.type !== "fetched" && event.type !== "fetchFailed") {
      return this.#server.step(event, io);
    }
    const asked = this.#asked;
    if (asked === undefined || event.id !== this.#id) return undefined;
    if (event.type === "fetched" && isRedirect(event.status)) {
      const next = redirected(this.#visited, event.headers["location"]);
      if (next.ok) {
        this.#fetch(asked, next.url, io);
        return "reached";
      }
      this.#asked = undefined;
      return { type: "wrongChunk", detail: `its URL ${next.problem}`, isFinal: true };
    }
    this.#asked = undefined;
    if (event.type === "fetchFailed") return { type: "failed", detail: `its URL: ${event.detail}` };
    return answerOf(asked, event);
  }

  #fetch(ask: ChunkAsk, url: string, { effects }: DialectIo): void {
    this.#id += 1;
    this.#visited.push(url);
    const startBytes = ask.index * ask.chunkBytes;
    effects.push({ type: "fetch", id: this.#id, url, startBytes, bytesMax: bytesOf(ask) });
  }
}

/** Past the end of the bank, one byte tells whether there is more. */
function bytesOf({ expectBytes }: ChunkAsk): number {
  return Math.max(expectBytes, 1);
}

function answerOf(ask: ChunkAsk, { status, headers, body }: Fetched): Answer {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    return { type: "wrongChunk", detail: "its URL gives it packed", isFinal: true };
  }
  switch (status) {
    case 200:
      return chunkOf(ask, body, parseContentLength(headers["content-length"]));
    case 206:
      return partOf(ask, body, headers["content-range"]);
    case 416:
      return pastEnd(ask, headers["content-range"]);
    default: {
      const detail = `its URL answers ${status}`;
      return { type: GONE.includes(status) ? "wrongChunk" : "failed", detail };
    }
  }
}

/** A part is believed only if it is the one that was asked for, and there in full. */
function partOf(ask: ChunkAsk, body: Uint8Array, header: string | undefined): Answer {
  const range = parseContentRange(header);
  const startBytes = ask.index * ask.chunkBytes;
  if (range?.part === undefined) return wrong("a part without saying which");
  const { start, last } = range.part;
  if (start !== startBytes || last >= start + bytesOf(ask)) {
    return wrong(`bytes ${start} to ${last}, asked for ${bytesOf(ask)} from ${startBytes} on`);
  }
  if (body.length !== last - start + 1) {
    return wrong(`${body.length} bytes, and calls them ${start} to ${last}`);
  }
  return chunkOf(ask, body, range.totalBytes);
}

/** `totalBytes`: of the whole file, if its server says so. */
function chunkOf(ask: ChunkAsk, bytes: Uint8Array, totalBytes: number | undefined): Answer {
  const { content } = ask.offer;
  if (!content.ok) throw new RangeError("a chunk of nothing");
  const { sizeBytes, checksum } = content;
  if (sizeBytes !== undefined) {
    if (totalBytes === undefined || totalBytes === sizeBytes) return { type: "chunk", bytes };
    return wrong(`a file of ${totalBytes} bytes, the server says ${sizeBytes}`);
  }
  const startBytes = ask.index * ask.chunkBytes;
  const endBytes = startBytes + bytes.length;
  if (totalBytes !== undefined && totalBytes < endBytes) {
    return wrong(`a file of ${totalBytes} bytes, ${startBytes} of them are here`);
  }
  const isLast = totalBytes === undefined ? bytes.length < bytesOf(ask) : totalBytes === endBytes;
  return isLast ? { type: "lastChunk", bytes, checksum } : { type: "chunk", bytes };
}

/** All that there is has been fetched, if it ends just here. */
function pastEnd(ask: ChunkAsk, header: string | undefined): Answer {
  const range = parseContentRange(header);
  const startBytes = ask.index * ask.chunkBytes;
  const { content } = ask.offer;
  const isOpenEnded = content.ok && content.sizeBytes === undefined;
  if (!isOpenEnded || startBytes === 0 || range?.totalBytes !== startBytes) {
    return wrong(`nothing from byte ${startBytes} on`);
  }
  return { type: "lastChunk", bytes: new Uint8Array(0), checksum: content.checksum };
}

function wrong(what: string): Answer {
  return { type: "wrongChunk", detail: `its URL gives ${what}` };
}
