/**
 * How drgdfu and embedded-update 0.8 carry messages over a serial line: frames of one length in both
 * directions, each a message in postcard and whatever bytes fill it up. There is neither a mark
 * where a frame begins nor a checksum.
 */
import { decodePostcard, encodePostcard } from "../wire/postcard.ts";
import type { DrogueWire } from "./drogue.ts";
import { drogueCommand, drogueStatus } from "./drogue.wire.ts";

export const DROGUE_FRAME_BYTES = 1024;
/** Longest piece of firmware in a frame: what drgdfu asks its servers for. */
export const DROGUE_FRAME_PIECE_BYTES = 968;

export const drogueFrameWire: DrogueWire = {
  encode: (status) => encodePostcard(drogueStatus, status),
  decode: (bytes) => decodePostcard(drogueCommand, bytes),
};

/** Undefined for a message that does not fit. */
export function drogueFrame(message: Uint8Array): Uint8Array | undefined {
  if (message.length > DROGUE_FRAME_BYTES) return undefined;
  const frame = new Uint8Array(DROGUE_FRAME_BYTES);
  frame.set(message);
  return frame;
}

/** Cuts what comes over a line into frames. */
export class DrogueFrames {
  readonly #frame = new Uint8Array(DROGUE_FRAME_BYTES);
  #haveBytes = 0;

  /** The frames that are whole now. */
  take(bytes: Uint8Array): readonly Uint8Array[] {
    const frames: Uint8Array[] = [];
    let done = 0;
    while (done < bytes.length) {
      const part = bytes.subarray(done, done + DROGUE_FRAME_BYTES - this.#haveBytes);
      this.#frame.set(part, this.#haveBytes);
      this.#haveBytes += part.length;
      done += part.length;
      if (this.#haveBytes < DROGUE_FRAME_BYTES) break;
      frames.push(this.#frame.slice());
      this.#haveBytes = 0;
    }
    return frames;
  }

  /** The line was silent: of what has begun, bytes are missing, and a frame begins next. */
  drop(): void {
    this.#haveBytes = 0;
  }
}
