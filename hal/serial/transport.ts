/**
 * A byte stream to a modem: a serial port, a TCP socket, or a pair in memory.
 *
 * One object is one connection: it opens once, closes once, and is never opened again, because what
 * was written to a closed serial port may come out of the next one.
 */
export interface Transport {
  /** Resolves when the bytes have left this process. Rejects with {@link TransportError}. */
  write(bytes: Uint8Array): Promise<void>;
  /** Where the other end has a baud rate and it can be changed without closing. */
  setBaudRate?(baudRate: number): Promise<void>;
  /** Idempotent. `onClosed` is called once, whoever closed it. */
  close(): Promise<void>;
}

export interface TransportEvents {
  /** Any split of the bytes into chunks. The array is the receiver's to keep. */
  onData(bytes: Uint8Array): void;
  /** Undefined: closed from this side. */
  onClosed(cause: TransportError | undefined): void;
}

export type TransportProblem =
  | "noSuchPort"
  | "permissionDenied"
  | "busy"
  /** A file, a directory, a device that has no baud rate. */
  | "notASerialPort"
  | "unknownHost"
  | "refused"
  /** The other end is gone: unplugged, or it hung up. */
  | "lost"
  /** It takes no bytes. */
  | "stuck"
  /** The port is there, and nobody answers what has to be answered. */
  | "silent"
  | "failed";

/** The way to the modem cannot be opened, or broke. The message is one line that names the port. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly problem: TransportProblem;

  constructor(problem: TransportProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
