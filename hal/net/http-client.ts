import http from "node:http";
import https from "node:https";

export interface HttpCall {
  readonly method: "GET" | "POST";
  /** From the root of the server, with its query. */
  readonly path: string;
  /** JSON if it is text. */
  readonly body: string | Uint8Array | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** A longer body is a failure, and is not read to its end. */
  readonly bodyBytesMax: number;
}

/** One of these is called, once, unless the call is cancelled. */
export interface HttpCallEvents {
  readonly onResponse: (
    status: number,
    body: Uint8Array,
    /** Names in lower case. */
    headers: Readonly<Record<string, string>>,
  ) => void;
  /** For people, in one line; whether there was a body longer than it may be. */
  readonly onFailed: (detail: string, isTooLong: boolean) => void;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed",
  EPIPE: "the connection was closed",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be looked up",
  ETIMEDOUT: "no connection",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
};

/** Calls of one HTTP server over connections that are kept. Redirects are answers like others. */
export class HttpClient {
  readonly #root: URL;
  readonly #library: typeof http | typeof https;
  readonly #agent: http.Agent;

  /** `http://` or `https://`, host and port. */
  constructor(root: string) {
    this.#root = new URL(root);
    this.#library = this.#root.protocol === "https:" ? https : http;
    this.#agent = new this.#library.Agent({ keepAlive: true });
  }

  /** Returns what cancels it. */
  call(
    { method, path, body, headers, bodyBytesMax }: HttpCall,
    events: HttpCallEvents,
  ): () => void {
    let isOver = false;
    const end = (tell: () => void) => {
      if (isOver) return;
      isOver = true;
      tell();
    };
    const request = this.#library.request(
      new URL(path, this.#root),
      {
        method,
        agent: this.#agent,
        headers: { ...headersFor(body), ...headers },
      },
      (response) => {
        const chunks: Uint8Array[] = [];
        let total = 0;
        response.on("data", (chunk: Uint8Array) => {
          total += chunk.length;
          if (total <= bodyBytesMax) {
            chunks.push(chunk);
            return;
          }
          end(() => events.onFailed(`more than ${bodyBytesMax} bytes`, true));
          request.destroy();
        });
        response.on("close", () =>
          end(() => {
            const { complete, statusCode = 0, headers: named } = response;
            if (!complete) events.onFailed("the connection was closed", false);
            else events.onResponse(statusCode, Buffer.concat(chunks), headerTexts(named));
          }),
        );
        response.on("error", () => {});
      },
    );
    request.on("error", (error) => end(() => events.onFailed(httpReasonOf(error), false)));
    request.end(body);
    return () => {
      end(() => {});
      request.destroy();
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

function headersFor(body: string | Uint8Array | undefined): http.OutgoingHttpHeaders {
  if (body === undefined) return {};
  const length = { "content-length": Buffer.byteLength(body) };
  return typeof body === "string" ? { "content-type": "application/json", ...length } : length;
}

export function headerTexts(headers: http.IncomingHttpHeaders): Readonly<Record<string, string>> {
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(texts);
}

/** For people, in one line. */
export function httpReasonOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return REASONS[code] ?? (code.startsWith("HPE_") ? "the answer is not HTTP" : error.message);
}
