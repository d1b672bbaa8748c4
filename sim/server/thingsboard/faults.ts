import type { HttpOutcome, HttpReply } from "./http-exchange.ts";

/** What may go wrong with a chunk, beyond what ThingsBoard does. */
export const CHUNK_FAULTS = {
  empty: "without a byte",
  short: "a byte short",
  long: "a byte longer",
  flipped: "with one bit wrong",
  redirect: "redirects to itself",
  error: "answers 500",
  close: "closes the connection",
  silence: "never answers",
} as const;

export interface ChunkFault {
  readonly kind: keyof typeof CHUNK_FAULTS;
  /** Only this one; all, if left out. */
  readonly chunk?: number;
  /** In each device's download; always, if left out. */
  readonly times?: number;
}

/** Reads `kind`, `kind:chunk` or `kind:chunkxtimes`; undefined for anything else. */
export function parseChunkFault(text: string): ChunkFault | undefined {
  const [, kind = "", chunk, times] = /^([a-z]+)(?::(\d{1,7})(?:x(\d{1,7}))?)?$/.exec(text) ?? [];
  if (!isFault(kind)) return undefined;
  return {
    kind,
    ...(chunk === undefined ? {} : { chunk: Number(chunk) }),
    ...(times === undefined ? {} : { times: Number(times) }),
  };
}

function isFault(name: string): name is keyof typeof CHUNK_FAULTS {
  return Object.hasOwn(CHUNK_FAULTS, name);
}

/** Lets faults come over the chunks of a server's devices. */
export class ChunkFaults {
  readonly #faults: readonly ChunkFault[];
  /** How often each fault came over each device. */
  readonly #counts = new Map<string, number>();

  constructor(faults: readonly ChunkFault[]) {
    this.#faults = faults;
  }

  apply(token: string, chunk: number, path: string, reply: HttpReply): HttpOutcome {
    for (const [index, fault] of this.#faults.entries()) {
      if (fault.chunk !== undefined && fault.chunk !== chunk) continue;
      const key = `${index} ${token}`;
      const count = this.#counts.get(key) ?? 0;
      if (fault.times !== undefined && count >= fault.times) continue;
      this.#counts.set(key, count + 1);
      return spoilt(fault.kind, path, reply);
    }
    return reply;
  }
}

function spoilt(kind: ChunkFault["kind"], path: string, reply: HttpReply): HttpOutcome {
  const { body } = reply;
  switch (kind) {
    case "empty":
      return { ...reply, body: body.subarray(0, 0) };
    case "short":
      return { ...reply, body: body.subarray(0, Math.max(0, body.length - 1)) };
    case "long": {
      const longer = new Uint8Array(body.length + 1);
      longer.set(body);
      return { ...reply, body: longer };
    }
    case "flipped":
      return { ...reply, body: body.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) };
    case "redirect":
      return { status: 302, headers: { location: path }, body: body.subarray(0, 0) };
    case "error":
      return { status: 500, headers: {}, body: body.subarray(0, 0) };
    case "close":
    case "silence":
      return kind;
    default:
      return kind satisfies never;
  }
}
