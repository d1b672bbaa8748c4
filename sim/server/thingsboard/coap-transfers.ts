import type { CoapBlock, CoapReply, CoapSaid } from "./coap-exchange.ts";
import type { CoapHost } from "./coap-host.ts";

/** Californium's preferred block, and its largest message. */
const BLOCK_BYTES = 1024;
/** `BLOCKWISE_STATUS_LIFETIME`. */
const LIFE_US = 300_000_000;
const UPLOAD_BYTES_MAX = 65_536;

type Part = Pick<CoapSaid, "code" | "payload" | "block2" | "size2" | "contentFormat" | "options">;

interface Body {
  readonly reply: CoapReply;
  readonly atUs: number;
  /** Its blocks say that more follow, whatever there is. */
  readonly goesOn: boolean;
}

/** Transfers in blocks (RFC 7959) as Californium 3 has them: what it knows of each, and for how long. */
export class CoapTransfers {
  readonly #server: CoapHost;
  readonly #bodies = new Map<string, Body>();
  readonly #uploads = new Map<string, { readonly atUs: number; readonly bytes: Uint8Array }>();

  constructor(server: CoapHost) {
    this.#server = server;
  }

  /** The whole of a reply where it fits, else its first block. `key`: who asks, and for what. */
  begin(key: string, reply: CoapReply, asked: CoapBlock | undefined): Part {
    const { payload } = reply;
    this.#bodies.delete(key);
    if (payload.length === 0 || (asked === undefined && payload.length <= BLOCK_BYTES)) {
      return partOf(reply, payload);
    }
    const sizeBytes = asked?.sizeBytes ?? BLOCK_BYTES;
    const { quirks } = this.#server;
    const goesOn =
      quirks.shortBlocksGoOn && asked !== undefined && payload.length <= exponentOf(sizeBytes);
    const more = goesOn || payload.length > sizeBytes;
    if (more) this.#keep(this.#bodies, key, { reply, goesOn, atUs: this.#nowUs });
    return {
      ...partOf(reply, payload.subarray(0, sizeBytes)),
      block2: { num: 0, more, sizeBytes },
      ...(more && quirks.saysSize2 ? { size2: payload.length } : {}),
    };
  }

  /** A later block; undefined when the server does not know of the transfer any more. */
  next(key: string, asked: CoapBlock): Part | undefined {
    const body = this.#bodies.get(key);
    if (body === undefined || this.#isOver(body.atUs)) return undefined;
    const { reply, goesOn } = body;
    if (goesOn) return { ...partOf(reply, reply.payload), block2: { ...asked, more: true } };
    const part = this.blockOf(reply, asked);
    if (part.block2?.more !== true) this.#bodies.delete(key);
    return part;
  }

  blockOf(reply: CoapReply, { num, sizeBytes }: CoapBlock): Part {
    const { payload } = reply;
    const at = num * sizeBytes;
    if (at >= payload.length) return { code: 402, payload: payload.subarray(0, 0) };
    const more = at + sizeBytes < payload.length;
    const block2 = { num, more, sizeBytes };
    return { ...partOf(reply, payload.subarray(at, at + sizeBytes)), block2 };
  }

  /** The body of a request when its last block is here; until then, the code to answer with. */
  receive(
    key: string,
    { num, more, sizeBytes }: CoapBlock,
    block: Uint8Array,
  ): Uint8Array | number {
    const before = num === 0 ? undefined : this.#uploads.get(key);
    this.#uploads.delete(key);
    const have = before === undefined || this.#isOver(before.atUs) ? undefined : before.bytes;
    if ((have?.length ?? 0) !== num * sizeBytes) return 408;
    const bytes = new Uint8Array((have?.length ?? 0) + block.length);
    if (bytes.length > UPLOAD_BYTES_MAX) return 413;
    bytes.set(have ?? []);
    bytes.set(block, have?.length ?? 0);
    if (!more) return bytes;
    this.#keep(this.#uploads, key, { atUs: this.#nowUs, bytes });
    return 231;
  }

  get #nowUs(): number {
    return this.#server.options.scheduler.now;
  }

  #isOver(atUs: number): boolean {
    return this.#nowUs - atUs > LIFE_US;
  }

  #keep<Kept extends { readonly atUs: number }>(
    all: Map<string, Kept>,
    key: string,
    kept: Kept,
  ): void {
    for (const [other, { atUs }] of all) {
      if (!this.#isOver(atUs)) break;
      all.delete(other);
    }
    all.set(key, kept);
  }
}

function partOf({ code, contentFormat, options }: CoapReply, payload: Uint8Array): Part {
  return {
    code,
    payload,
    ...(contentFormat === undefined ? {} : { contentFormat }),
    ...(options === undefined ? {} : { options }),
  };
}

/** SZX: 0 for 16 bytes, 6 for 1024. */
function exponentOf(sizeBytes: number): number {
  return 27 - Math.clz32(sizeBytes);
}
