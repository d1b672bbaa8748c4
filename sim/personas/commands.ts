import type { Decoded } from "#agent/wire/commands.ts";

/** What becomes of one command on its way to the agent; nothing, if nothing is said. */
export interface Step {
  /** What the agent is given in its place. */
  readonly passed?: Uint8Array;
  /** An answer that the agent would not give. */
  readonly said?: readonly number[];
  /** Bytes of the frame that it took; left out: its own. */
  readonly consumed?: number;
  /** The rest of the frame is not read. */
  readonly ends?: boolean;
}

/** In the order of the frame: what the agent is to read, and what it is to say unread. */
export interface Piece {
  readonly type: "read" | "say";
  readonly bytes: Uint8Array;
}

interface Commands<C> {
  decode(payload: Uint8Array): readonly Decoded<C>[];
  encode(command: C): Uint8Array;
}

/**
 * Reads a frame as a stack does, command by command. What no command begins with is left for the
 * agent to judge, unless the stack steps over it.
 */
export function readFrame<C>(
  frame: Uint8Array,
  set: Commands<C>,
  skipsUnknown: boolean,
  take: (command: C, rest: Uint8Array) => Step,
): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < frame.length) {
    const rest = frame.subarray(at);
    const [first] = set.decode(rest);
    if (first?.ok !== true) {
      if (first?.reason !== "unknownCommand" || !skipsUnknown) {
        pieces.push({ type: "read", bytes: rest });
        break;
      }
      at += 1;
      continue;
    }
    const { passed, said, ends, consumed } = take(first.command, rest);
    if (passed !== undefined) pieces.push({ type: "read", bytes: passed });
    if (said !== undefined) pieces.push({ type: "say", bytes: Uint8Array.from(said) });
    if (ends === true) break;
    at += consumed ?? set.encode(first.command).length;
  }
  return pieces;
}

/** Every command of an uplink in other bytes. What is no command of the reference is left as it is. */
export function rewriteEach<C>(
  payload: Uint8Array,
  set: Commands<C>,
  rewrite: (command: C) => Uint8Array,
): Uint8Array {
  const written: number[] = [];
  for (const decoded of set.decode(payload)) {
    if (decoded.ok) written.push(...rewrite(decoded.command));
    else written.push(...payload.subarray(decoded.at));
  }
  return Uint8Array.from(written);
}
