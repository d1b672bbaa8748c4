/**
 * How a command ends when it cannot do what it was asked: throw one of these anywhere below a
 * command; `tools/bin.ts` prints the message as one line, `fuota: …`, and sets the exit status.
 * Every other error is a bug and crashes with its stack.
 */

/** Exit statuses of every verb. */
export const EXIT = {
  /** Done; all expectations met. */
  ok: 0,
  /** The work was done and the verdict is no. */
  failed: 1,
  /** A file, option or value that cannot be used. */
  unusableInput: 2,
  /** No port, no server, no space: the outside world refused. */
  refused: 3,
  /** A bug in this program. */
  bug: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** Unusable input. The message says in one line what, where, and how to mend it. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** The outside world refused. The message says in one line who and why. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** Node's own errors of files and sockets carry a code such as ENOENT. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
