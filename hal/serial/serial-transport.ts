import { SerialPort } from "serialport";
import { curedBinding } from "./cured-binding.ts";
import { Patience } from "./patience.ts";
import { portProblem } from "./port-check.ts";
import { type Transport, TransportError, type TransportEvents } from "./transport.ts";

const WRITE_MAX_MS = 2000;

/** Opens a serial port, 8N1 without flow control. Rejects with {@link TransportError}. */
export function openSerial(
  path: string,
  baudRate: number,
  events: TransportEvents,
): Promise<Transport> {
  const problem = portProblem(path);
  if (problem !== undefined) return Promise.reject(problem);
  return new Promise((resolve, reject) => {
    // A binding of one's own is an option that the types of the library leave out.
    const options = {
      binding: curedBinding(),
      path,
      baudRate,
      autoOpen: false,
      // Elsewhere a port that is closed drops DTR, and some boards take that for a reset.
      hupcl: false,
    };
    const port = new SerialPort(options);
    port.open((error) => {
      if (error === null) resolve(new SerialTransport(port, path, events));
      else reject(openError(error, path));
    });
  });
}

/** The library has no codes; what is left after {@link portProblem} is told by its words. */
function openError(error: Error, path: string): TransportError {
  if (/lock|busy|temporarily unavailable/i.test(error.message)) {
    return new TransportError("busy", `${path}: another program has it open`);
  }
  if (/ioctl/i.test(error.message)) {
    return new TransportError("notASerialPort", `${path} is not a serial port`);
  }
  return new TransportError("failed", `${path}: ${error.message}`);
}

class SerialTransport implements Transport {
  readonly #port: SerialPort;
  readonly #path: string;
  readonly #onClosed: (cause: TransportError | undefined) => void;
  #state: "open" | "closing" | "closed" = "open";
  #closing: Promise<void> | undefined;

  constructor(port: SerialPort, path: string, events: TransportEvents) {
    this.#port = port;
    this.#path = path;
    this.#onClosed = (cause) => events.onClosed(cause);
    port.on("data", (bytes: Uint8Array) => events.onData(bytes));
    // An error is followed by "close", which comes twice after some of them.
    port.on("error", () => {});
    port.on("close", () => this.#end());
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#state !== "open" || !this.#port.isOpen) return Promise.reject(this.#lost());
    return new Promise((resolve, reject) => {
      const timer = new Patience(WRITE_MAX_MS, () => {
        reject(new TransportError("stuck", `${this.#path} takes no bytes`));
      });
      this.#port.write(Buffer.from(bytes), (error) => {
        timer.stop();
        if (error == null) resolve();
        else reject(this.#lost());
      });
    });
  }

  setBaudRate(baudRate: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#port.update({ baudRate }, (error) => {
        if (error === null) resolve();
        else reject(new TransportError("failed", `${this.#path}: cannot set ${baudRate} baud`));
      });
    });
  }

  /** Whoever waits for it finds the port free: a second one waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #close(): Promise<void> {
    if (this.#state === "closed") return Promise.resolve();
    this.#state = "closing";
    if (!this.#port.isOpen) {
      this.#end();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#port.close(() => {
        this.#end();
        resolve();
      });
    });
  }

  #end(): void {
    if (this.#state === "closed") return;
    const isOurs = this.#state === "closing";
    this.#state = "closed";
    this.#onClosed(isOurs ? undefined : this.#lost());
  }

  #lost(): TransportError {
    return new TransportError("lost", `${this.#path} is gone: was it unplugged?`);
  }
}
