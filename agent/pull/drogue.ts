import { type CborDecoded, type CborSpelling, decodeCbor, encodeCbor } from "../wire/cbor.ts";
import { hexOf } from "./checksum.ts";
import type { Answer, Ask, Offer } from "./dialect.ts";
import {
  type DrogueCommand,
  type DrogueStatus,
  drogueCommand,
  drogueStatus,
} from "./drogue.wire.ts";

export interface DrogueOptions {
  readonly spelling: CborSpelling;
  /** Any number of 32 bits, another one in each life: what an earlier one asked is answered to nobody. */
  readonly firstCorrelationId: number;
  /** The device on whose behalf this one asks, as its gateway. */
  readonly child?: string;
  /** Longest piece to ask for, where an answer holds less than a chunk. */
  readonly pieceBytesMax?: number;
}

/** How messages are spelt. */
export interface DrogueWire {
  encode(status: DrogueStatus): Uint8Array;
  decode(bytes: Uint8Array): CborDecoded<DrogueCommand>;
}

/** What a command means to whoever asked. */
export type DrogueTurn =
  | { readonly type: "answer"; readonly answer: Answer }
  /** More is to be asked for the answer. */
  | { readonly type: "status"; readonly status: Uint8Array }
  /** To a status that nobody waits for any more. */
  | { readonly type: "late" }
  /** To no status of this life: the server speaks up by itself. */
  | { readonly type: "push" };

type Command<Name> = DrogueCommand & { readonly name: Name };
type TargetAsk = Ask & { readonly type: "target" };
type ChunkAsk = Ask & { readonly type: "chunk" };

/** Asks for bytes of which no more than their version is wanted; none at all would be none for ever. */
const MTU_MIN = 8;
/** A command without its data. */
export const DROGUE_HEAD_BYTES_MAX = 512;

/**
 * Drogue's conversation, whichever way it is carried: the device says what it runs and what it has, the
 * server says what to do. Neither size nor checksum are known before the end.
 *
 * A server may give fewer bytes than it was asked for: a chunk is asked for until it is whole, or the
 * server says that there is no more.
 */
export class DrogueTalk {
  readonly #options: DrogueOptions;
  readonly #wire: DrogueWire;
  #asked: TargetAsk | ChunkAsk | undefined;
  #own: Pick<TargetAsk, "title" | "version"> = { title: "", version: "" };
  /** How many statuses this life has sent. */
  #sent = 0;
  #pieces: Uint8Array[] = [];
  #gatheredBytes = 0;

  constructor(options: DrogueOptions, wire: DrogueWire = cborWire(options.spelling)) {
    this.#options = options;
    this.#wire = wire;
  }

  get asked(): "target" | "chunk" | undefined {
    return this.#asked?.type;
  }

  /** What this device says that it runs. */
  get ownVersion(): string {
    return this.#own.version;
  }

  /** The piece that is awaited: of which version, from where on, and its longest. */
  get wanted(): { version: string; offset: number; room: number } | undefined {
    const asked = this.#asked;
    if (asked?.type !== "chunk") return undefined;
    const offset = asked.index * asked.chunkBytes + this.#gatheredBytes;
    return { version: asked.offer.version, offset, room: this.#room(asked) };
  }

  /** The status to send. */
  ask(ask: Ask): Uint8Array {
    if (ask.type !== "target" && ask.type !== "chunk")
      throw new RangeError(`no way to ${ask.type}`);
    if (ask.type === "target") this.#own = ask;
    this.#asked = ask;
    this.#pieces = [];
    this.#gatheredBytes = 0;
    return this.#status(ask);
  }

  /** Another status with the same question. */
  askAgain(): Uint8Array | undefined {
    return this.#asked === undefined ? undefined : this.#status(this.#asked);
  }

  giveUp(): void {
    this.#asked = undefined;
  }

  take(bytes: Uint8Array): DrogueTurn {
    const decoded = this.#wire.decode(bytes);
    if (decoded.ok) return this.hear(decoded.value);
    if (this.#asked === undefined) return { type: "late" };
    return this.#answer({ type: "failed", detail: `the command is none: ${decoded.problem}` });
  }

  hear(command: DrogueCommand): DrogueTurn {
    const asked = this.#asked;
    const { correlationId } = command;
    const isMine = correlationId === undefined || correlationId === this.#correlationId;
    if (asked === undefined || !isMine) {
      return { type: this.#wasSent(correlationId) ? "late" : "push" };
    }
    if (asked.type === "target") return this.#answer(this.#target(command));
    return this.#chunk(asked, command);
  }

  get #correlationId(): number {
    return (this.#options.firstCorrelationId + this.#sent) >>> 0;
  }

  #wasSent(correlationId: number | undefined): boolean {
    if (correlationId === undefined) return false;
    return (correlationId - this.#options.firstCorrelationId) >>> 0 <= this.#sent;
  }

  #status(ask: TargetAsk | ChunkAsk): Uint8Array {
    this.#sent += 1;
    const head = { version: utf8(this.#own.version), correlationId: this.#correlationId };
    if (ask.type === "target") {
      return this.#wire.encode({ ...head, mtu: MTU_MIN, update: undefined });
    }
    const offset = ask.index * ask.chunkBytes + this.#gatheredBytes;
    const update = { version: utf8(ask.offer.version), offset };
    const mtu = this.#room(ask) || MTU_MIN;
    return this.#wire.encode({ ...head, mtu, update });
  }

  /** In one answer. */
  #room({ expectBytes }: ChunkAsk): number {
    const { pieceBytesMax = expectBytes } = this.#options;
    return Math.min(expectBytes - this.#gatheredBytes, pieceBytesMax);
  }

  #answer(answer: Answer): DrogueTurn {
    this.#asked = undefined;
    this.#pieces = [];
    return { type: "answer", answer };
  }

  #target(command: DrogueCommand): Answer {
    const { title, version } = this.#own;
    switch (command.name) {
      case "Wait":
        return { type: "later", pollS: command.poll };
      case "Sync": {
        const synced = textOf(command.version);
        if (synced !== version) return otherSync(synced);
        const content = { ok: true, sizeBytes: undefined, checksum: undefined } as const;
        const offer: Offer = { title, version, identity: "", isRunning: true, content };
        const { poll } = command;
        return { type: "target", offer, ...(poll === undefined ? {} : { pollS: poll }) };
      }
      case "Write":
      case "Swap":
        return { type: "target", offer: offerOf(command, title) };
      default:
        return command satisfies never;
    }
  }

  #chunk(asked: ChunkAsk, command: DrogueCommand): DrogueTurn {
    if (command.name === "Wait") return this.#answer({ type: "later", pollS: command.poll });
    const version = textOf(command.version);
    if (command.name === "Sync" && version !== this.#own.version) {
      return this.#answer(otherSync(version));
    }
    if (command.name === "Sync" || version !== asked.offer.version) {
      const detail = `the server wants ${shown(version)} now`;
      return this.#answer({ type: "denied", cause: "assignment", detail });
    }
    if (command.name === "Write") return this.#write(asked, command);
    const hex = hexOf(command.checksum);
    const checksum = hex === "" ? undefined : ({ algorithm: "SHA256", hex } as const);
    return this.#answer({ type: "lastChunk", bytes: this.#gathered(), checksum });
  }

  #write(asked: ChunkAsk, { offset, data }: Command<"Write">): DrogueTurn {
    const from = asked.index * asked.chunkBytes + this.#gatheredBytes;
    const room = this.#room(asked);
    const wrong = (detail: string) => this.#answer({ type: "wrongChunk", detail });
    if (offset !== from) return wrong(`bytes from ${offset} on instead of ${from}`);
    if (room === 0) return wrong("more bytes than the bank has");
    if (data.length === 0 || data.length > room) {
      return wrong(`${data.length} bytes, up to ${room} were asked for`);
    }
    this.#pieces.push(data);
    this.#gatheredBytes += data.length;
    if (this.#gatheredBytes === asked.expectBytes) {
      return this.#answer({ type: "chunk", bytes: this.#gathered() });
    }
    return { type: "status", status: this.#status(asked) };
  }

  #gathered(): Uint8Array {
    const [first] = this.#pieces;
    if (first !== undefined && this.#pieces.length === 1) return first;
    const whole = new Uint8Array(this.#gatheredBytes);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

function cborWire(spelling: CborSpelling): DrogueWire {
  return {
    encode: (status) => encodeCbor(drogueStatus, status, spelling),
    decode: (bytes) => decodeCbor(drogueCommand, bytes),
  };
}

/** Versions are any bytes to the server; those that are no text are nothing that a device can report. */
function offerOf(command: Command<"Write" | "Swap">, title: string): Offer {
  const version = textOf(command.version);
  const about = { title, version: version ?? `0x${hexOf(command.version)}`, identity: "" };
  if (version === undefined) {
    return { ...about, content: { ok: false, problem: "its version is no text" } };
  }
  if (command.name === "Swap") {
    return { ...about, content: { ok: false, problem: "there is no byte of it" } };
  }
  return { ...about, content: { ok: true, sizeBytes: undefined, checksum: undefined } };
}

function otherSync(version: string | undefined): Answer {
  return { type: "failed", detail: `the server takes it for ${shown(version)}` };
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

const SHOWN_MAX = 60;

function shown(version: string | undefined): string {
  if (version === undefined) return "a version that is no text";
  return version.slice(0, SHOWN_MAX).replace(/\p{C}/gu, "?");
}
