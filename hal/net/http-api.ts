/** It cannot be reached, or refuses. The message is for people, in one line. */
export class HttpApiRefused extends Error {
  override readonly name: string = "HttpApiRefused";
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface HttpApiCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** JSON if it is text. */
  readonly body?: string | FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

const ANSWER_TIMEOUT_MS = 60_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const MESSAGE_LENGTH_MAX = 200;

/** A server's API for its administrators: JSON over HTTP. */
export class HttpApi {
  readonly root: string;
  readonly #Refused: typeof HttpApiRefused;

  /** `http://` or `https://`, host and port; what is thrown when it refuses. */
  constructor(root: string, Refused: typeof HttpApiRefused = HttpApiRefused) {
    this.root = root.replace(/\/+$/, "");
    this.#Refused = Refused;
  }

  /** What the answer holds; undefined: nothing. Throws {@link HttpApiRefused}. */
  async call({ method, path, body, headers: own }: HttpApiCall): Promise<unknown> {
    const headers: Record<string, string> = { accept: "application/json", ...own };
    if (typeof body === "string") headers["content-type"] = "application/json";
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.root}${path}`, {
        method,
        headers,
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        ...(body === undefined ? {} : { body }),
      });
      text = await this.#textOf(response);
    } catch (error) {
      if (error instanceof HttpApiRefused) throw error;
      throw this.refused(reasonOf(error));
    }
    const value = parsed(text);
    const { status } = response;
    if (!response.ok) throw this.refused(messageOf(value, status), status);
    if (text !== "" && value === undefined) {
      throw this.refused(`answers ${method} ${path} without JSON`);
    }
    return value;
  }

  /** To be thrown. */
  refused(text: string, status?: number): HttpApiRefused {
    return new this.#Refused(`${this.root}: ${text}`, status);
  }

  async #textOf(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of response.body ?? []) {
      total += chunk.length;
      if (total > ANSWER_BYTES_MAX) {
        throw this.refused(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What the server says itself, if it does. */
function messageOf(value: unknown, status: number): string {
  const { message } = Object(value);
  if (typeof message !== "string" || message === "") return `answers ${status}`;
  return `${message.replace(/[\p{C}\s]+/gu, " ").slice(0, MESSAGE_LENGTH_MAX)} (${status})`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be looked up",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer in ${ANSWER_TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  const { code = "" } = Object(cause);
  return REASONS[String(code)] ?? (cause instanceof Error ? cause.message : error.message);
}
