import { type ChunkFault, ChunkFaults } from "./faults.ts";
import type { HttpHandler, HttpReply } from "./http-exchange.ts";

/** Lets faults come over the parts of files that a web server gives. */
export class FileFaults {
  readonly #faults: ChunkFaults;
  readonly #chunkBytes: number;

  /** `chunkBytes`: how long the chunks are that they count. */
  constructor(faults: readonly ChunkFault[], chunkBytes: number) {
    this.#faults = new ChunkFaults(faults);
    this.#chunkBytes = chunkBytes;
  }

  /** What becomes of what `serve` gives to `device`. `onChunk`: a chunk is about to be given. */
  over(serve: HttpHandler, device: string, onChunk: (chunk: number) => void): HttpHandler {
    return (request, respond) => {
      const { range = "" } = request.headers ?? {};
      return serve(request, (outcome) => {
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
    };
  }
}

function withLength(reply: HttpReply): HttpReply {
  return { ...reply, headers: { ...reply.headers, "content-length": `${reply.body.length}` } };
}
