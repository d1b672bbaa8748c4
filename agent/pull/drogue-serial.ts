import type { UptimeUs } from "#hal/ports.ts";
import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import { type DrogueOptions, DrogueTalk, type DrogueTurn } from "./drogue.ts";
import type { DrogueCommand } from "./drogue.wire.ts";
import { DROGUE_CHUNK_BYTES_MAX } from "./drogue-exchange.ts";
import {
  DROGUE_FRAME_PIECE_BYTES,
  DrogueFrames,
  drogueFrame,
  drogueFrameWire,
} from "./drogue-frame.ts";
import type { LinkEvent } from "./events.ts";

export type DrogueSerialOptions = Pick<DrogueOptions, "firstCorrelationId">;

type Said = Answer | "reached" | undefined;
type Write = DrogueCommand & { readonly name: "Write" };
type Swap = DrogueCommand & { readonly name: "Swap" };

/** Frames that come faster than they are taken; more are lost, as in a tty that nobody reads. */
const HELD_MAX = 64;
/** A host that streams pauses up to 5 s between two commands. After a longer silence it listens. */
const QUIET_US = 6_000_000;

/**
 * drgdfu's serial line, from the device. drgdfu reads one status and then sends command after command
 * until `Swap`, without listening: what it is told meanwhile it takes for the next status, and begins
 * from there again. So to a host whose commands do not say which status they answer, the device speaks
 * only when that host listens; one that says so is asked for each piece.
 */
export class DrogueSerial implements Dialect {
  readonly chunkBytesMax = DROGUE_CHUNK_BYTES_MAX;
  readonly tellsChanges = false;
  readonly isSilent = true;
  readonly isUnchecked = true;
  readonly #talk: DrogueTalk;
  readonly #frames = new DrogueFrames();
  /** Oldest first. A command stays until all of it is taken. */
  readonly #held: (Uint8Array | Write)[] = [];
  /** When the last command of a host that streams came, until it listens. */
  #streamedAt: UptimeUs | undefined;
  /** Bytes were missed: nothing until the end of the stream is of use. */
  #isBehind = false;
  /** The host seems to stream without having read the status that it still has. */
  #isUnread = false;
  /** It did not turn out otherwise yet: a host may as well go on where an earlier device was. */
  #mayBeUnread = true;
  /** A status was the answer to the last `Swap`, and no byte has come since. */
  #isSwapTold = false;

  constructor({ firstCorrelationId }: DrogueSerialOptions) {
    const pieceBytesMax = DROGUE_FRAME_PIECE_BYTES;
    const options = { spelling: "packed", firstCorrelationId, pieceBytesMax } as const;
    this.#talk = new DrogueTalk(options, drogueFrameWire);
  }

  ask(ask: Ask, io: DialectIo): void {
    const status = this.#talk.ask(ask);
    const { at, effects } = io;
    const isStreaming = this.#streamedAt !== undefined && at - this.#streamedAt < QUIET_US;
    if (!isStreaming) this.#send(status, io);
    if (this.#held.length > 0) effects.push({ type: "serialLook" });
  }

  giveUp(): void {
    this.#talk.giveUp();
  }

  step(event: LinkEvent, io: DialectIo): Said {
    if (event.type === "serialClosed") return this.#closed(event.detail);
    if (event.type === "serialSilent") this.#frames.drop();
    if (event.type !== "serialData") return undefined;
    for (const frame of this.#frames.take(event.bytes)) {
      if (this.#held.length < HELD_MAX) this.#held.push(frame);
    }
    let said: Said;
    while (this.#talk.asked !== undefined) {
      const next = this.#held.shift();
      if (next === undefined) break;
      const heard = this.#hear(next, io);
      if (heard !== undefined) said = heard;
      if (said !== undefined && said !== "reached") break;
    }
    return said;
  }

  #closed(detail: string): Said {
    this.#frames.drop();
    this.#held.length = 0;
    this.#streamedAt = undefined;
    if (this.#talk.asked === undefined) return undefined;
    return this.#failed(detail);
  }

  #failed(detail: string): Answer {
    this.#talk.giveUp();
    return { type: "failed", detail };
  }

  #send(status: Uint8Array | undefined, { effects }: DialectIo): void {
    const frame = status && drogueFrame(status);
    if (frame === undefined) return;
    this.#streamedAt = undefined;
    effects.push({ type: "serialWrite", bytes: frame });
  }

  #hear(held: Uint8Array | Write, io: DialectIo): Said {
    const decoded =
      held instanceof Uint8Array
        ? drogueFrameWire.decode(held)
        : ({ ok: true, value: held } as const);
    if (!decoded.ok) return this.#failed(`the command is none: ${decoded.problem}`);
    const command = decoded.value;
    if (command.correlationId !== undefined) return this.#turn(this.#talk.hear(command), io);
    switch (command.name) {
      case "Write":
        this.#streamedAt = io.at;
        this.#isSwapTold = false;
        return this.#talk.asked === "target"
          ? this.#streamedTarget(command)
          : this.#streamedPiece(command, io);
      case "Swap":
        this.#streamedAt = undefined;
        return this.#swap(command, io);
      case "Sync":
      case "Wait":
        this.#streamedAt = undefined;
        return this.#turn(this.#talk.hear(command), io);
      default:
        return command satisfies never;
    }
  }

  #turn(turn: DrogueTurn, io: DialectIo): Said {
    switch (turn.type) {
      case "answer":
        return turn.answer;
      case "status":
        if (this.#streamedAt === undefined) this.#send(turn.status, io);
        return "reached";
      case "late":
      case "push":
        return undefined;
      default:
        return turn satisfies never;
    }
  }

  /** Who sends what runs here already has not heard of it; all else tells what there is, and stays. */
  #streamedTarget(command: Write): Said {
    if (textOf(command.version) === this.#talk.ownVersion) return "reached";
    this.#isUnread = this.#mayBeUnread && command.offset > 0;
    this.#isBehind = false;
    this.#held.unshift(command);
    const turn = this.#talk.hear(command);
    return turn.type === "answer" ? turn.answer : undefined;
  }

  /** Takes what is awaited out of it, leaves what comes after, and passes over what came before. */
  #streamedPiece(command: Write, io: DialectIo): Said {
    const { wanted } = this.#talk;
    const { offset, data } = command;
    if (wanted === undefined) return undefined;
    if (textOf(command.version) !== wanted.version) {
      this.#held.unshift(command);
      return this.#turn(this.#talk.hear(command), io);
    }
    if (wanted.room === 0 || data.length === 0) return this.#turn(this.#talk.hear(command), io);
    if (offset > wanted.offset) this.#isBehind = true;
    const skip = wanted.offset - offset;
    if (skip < 0 || skip >= data.length) return "reached";
    this.#isBehind = false;
    const piece = data.subarray(skip, skip + wanted.room);
    const rest = data.subarray(skip + piece.length);
    const after = wanted.offset + piece.length;
    if (rest.length > 0) this.#held.unshift({ ...command, offset: after, data: rest });
    return this.#turn(this.#talk.hear({ ...command, offset: wanted.offset, data: piece }), io);
  }

  /** End of a stream: the host reads a status now. */
  #swap(command: Swap, io: DialectIo): Said {
    const { wanted } = this.#talk;
    const isOther = wanted !== undefined && textOf(command.version) !== wanted.version;
    const isWhole = wanted !== undefined && wanted.offset > 0 && !this.#isBehind;
    if (isOther || isWhole) return this.#turn(this.#talk.hear(command), io);
    if (this.#isSwapTold) return this.#failed("the host ends what it has not sent");
    this.#isSwapTold = true;
    this.#isBehind = false;
    // It has one: the next stream begins where that says.
    if (this.#isUnread) this.#mayBeUnread = false;
    else this.#send(this.#talk.askAgain(), io);
    this.#isUnread = false;
    return "reached";
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
