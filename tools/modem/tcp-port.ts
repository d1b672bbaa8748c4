import { createServer, type Server, type Socket } from "node:net";
import { RefusedError, systemCodeOf } from "#tools/errors.ts";

const UNREAD_MAX_BYTES = 65_536;
/** A host that vanished without a word leaves its place some time after so long a silence. */
const KEEP_ALIVE_MS = 10_000;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A modem's UART on a TCP port, as ser2net offers one: for one host at a time. */
export class TcpPort {
  readonly #server: Server;
  #socket: Socket | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static open(address: ListenAddress, onData: (bytes: Uint8Array) => void): Promise<TcpPort> {
    const server = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const port = new TcpPort(server);
    server.on("connection", (socket) => port.#accept(socket, onData));
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(listenError(error, address)));
      server.listen(address.port, address.host, () => resolve(port));
    });
  }

  /** Where hosts find it; the port is the system's choice if it was 0. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") return "";
    const host = address.address.includes(":") ? `[${address.address}]` : address.address;
    return `tcp://${host}:${address.port}`;
  }

  /** What no host reads is lost at some point, as on a wire. */
  write(bytes: Uint8Array): void {
    if ((this.#socket?.writableLength ?? 0) < UNREAD_MAX_BYTES) this.#socket?.write(bytes);
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #accept(socket: Socket, onData: (bytes: Uint8Array) => void): void {
    if (this.#socket !== undefined) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.on("data", onData);
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#socket = undefined;
    });
  }
}

function listenError(error: Error, { host, port }: ListenAddress): Error {
  const code = systemCodeOf(error);
  if (code === undefined) return error;
  const reason = code === "EADDRINUSE" ? "somebody else listens there" : code;
  return new RefusedError(`cannot listen on ${host}:${port}: ${reason}`);
}
