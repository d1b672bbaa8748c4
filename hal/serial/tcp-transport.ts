import { connect, type Socket } from "node:net";
import { type Transport, TransportError, type TransportEvents } from "./transport.ts";

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

const CONNECT_MAX_MS = 5000;

/** A modem behind ser2net, or a virtual one. Rejects with {@link TransportError}. */
export function openTcp(target: TcpTarget, events: TransportEvents): Promise<Transport> {
  const where = `tcp://${target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new TransportError("refused", `${where} does not answer`));
    }, CONNECT_MAX_MS);
    const onError = (error: Error) => {
      clearTimeout(timer);
      reject(connectError(error, where));
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      resolve(new TcpTransport(socket, where, events));
    });
  });
}

function connectError(error: Error, where: string): TransportError {
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new TransportError("unknownHost", `${where}: no such host`);
  }
  if (code === "ECONNREFUSED")
    return new TransportError("refused", `${where}: nobody listens there`);
  return new TransportError("failed", `${where}: ${error.message}`);
}

class TcpTransport implements Transport {
  readonly #socket: Socket;
  readonly #where: string;
  #isOurs = false;

  constructor(socket: Socket, where: string, events: TransportEvents) {
    this.#socket = socket;
    this.#where = where;
    socket.on("data", (bytes) => events.onData(bytes));
    // The reason follows with "close".
    socket.on("error", () => {});
    socket.once("close", () =>
      events.onClosed(this.#isOurs ? undefined : new TransportError("lost", `${where} hung up`)),
    );
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error == null) resolve();
        else reject(new TransportError("lost", `${this.#where} hung up`));
      });
    });
  }

  close(): Promise<void> {
    this.#isOurs = true;
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.destroy();
    });
  }
}
