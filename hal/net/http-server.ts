import http from "node:http";
import type { AddressInfo } from "node:net";

export interface ServedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface ServedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `respond` is called once, or not; what is returned is called when the client has gone. */
export type ServedHandler = (
  request: ServedRequest,
  respond: (outcome: ServedReply | "close" | "silence") => void,
) => () => void;

/** The address cannot be listened on. */
export class ListenRefused extends Error {
  override readonly name = "ListenRefused";
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "somebody listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission denied",
  ENOTFOUND: "no such host",
};

export function listenRefusal(host: string, port: number, error: Error): ListenRefused {
  const code = "code" in error ? String(error.code) : "";
  const reason = REASONS[code] ?? error.message;
  return new ListenRefused(`${host}:${port}: ${reason}`, { cause: error });
}

export interface HttpListenOptions {
  /** A longer body of a request to `path` is refused; 1 MiB by default. */
  readonly bodyBytesMaxOf?: (path: string) => number;
}

const BODY_BYTES_MAX = 1024 * 1024;

/** A handler of requests, bound to a socket. */
export class HttpListener {
  readonly #server: http.Server;
  readonly #host: string;

  private constructor(server: http.Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** Port 0: any that is free. Rejects with {@link ListenRefused}. */
  static open(
    host: string,
    port: number,
    handler: ServedHandler,
    { bodyBytesMaxOf = () => BODY_BYTES_MAX }: HttpListenOptions = {},
  ): Promise<HttpListener> {
    const server = http.createServer((request, response) => {
      serve(request, response, handler, bodyBytesMaxOf(request.url ?? "/"));
    });
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(listenRefusal(host, port, error));
      server.once("error", refuse);
      server.listen(port, host, () => {
        server.off("error", refuse);
        resolve(new HttpListener(server, host));
      });
    });
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    const host = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
    return `http://${host}:${port}`;
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function serve(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  handler: ServedHandler,
  bodyBytesMax: number,
): void {
  const chunks: Uint8Array[] = [];
  let total = 0;
  request.on("data", (chunk: Uint8Array) => {
    total += chunk.length;
    if (total <= bodyBytesMax) chunks.push(chunk);
  });
  request.on("error", () => {});
  request.on("end", () => {
    if (total > bodyBytesMax) {
      response.writeHead(413, { "content-length": 0 }).end();
      return;
    }
    const { method = "GET", url: path = "/" } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]),
    );
    const leave = handler({ method, path, headers, body: Buffer.concat(chunks) }, (outcome) => {
      if (outcome === "close") request.socket.destroy();
      if (typeof outcome === "string" || response.destroyed) return;
      const answer = { ...outcome.headers, "content-length": outcome.body.length };
      response.writeHead(outcome.status, answer).end(outcome.body);
    });
    response.on("close", () => leave());
  });
}
