/** ThingsBoard's REST API as an administrator of a tenant uses it. */

/** It cannot be reached, or refuses. The message is for people, in one line. */
export class ThingsBoardRefused extends Error {
  override readonly name = "ThingsBoardRefused";
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface Upload {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

const ANSWER_TIMEOUT_MS = 60_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const MESSAGE_LENGTH_MAX = 200;

interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: string | FormData;
}

export class ThingsBoardApi {
  readonly #root: string;
  #token: string | undefined;

  /** `http://` or `https://`, host and port. */
  constructor(root: string) {
    this.#root = root.replace(/\/+$/, "");
  }

  /** Before anything else. Throws {@link ThingsBoardRefused}, as everything here does. */
  async logIn(username: string, password: string): Promise<void> {
    const body = JSON.stringify({ username, password });
    const { token } = Object(await this.#call({ method: "POST", path: "/api/auth/login", body }));
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      throw new ThingsBoardRefused(`${this.#root}: its login gives no token`);
    }
    this.#token = token;
  }

  get(path: string): Promise<unknown> {
    return this.#call({ method: "GET", path });
  }

  post(path: string, value: object): Promise<unknown> {
    return this.#call({ method: "POST", path, body: JSON.stringify(value) });
  }

  upload(path: string, { fileName, bytes }: Upload): Promise<unknown> {
    const body = new FormData();
    const type = "application/octet-stream";
    body.set("file", new File([Buffer.from(bytes)], fileName, { type }));
    return this.#call({ method: "POST", path, body });
  }

  delete(path: string): Promise<unknown> {
    return this.#call({ method: "DELETE", path });
  }

  async #call({ method, path, body }: Call): Promise<unknown> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.#token !== undefined) headers["x-authorization"] = `Bearer ${this.#token}`;
    if (typeof body === "string") headers["content-type"] = "application/json";
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#root}${path}`, {
        method,
        headers,
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        ...(body === undefined ? {} : { body }),
      });
      text = await this.#textOf(response);
    } catch (error) {
      if (error instanceof ThingsBoardRefused) throw error;
      throw new ThingsBoardRefused(`${this.#root}: ${reasonOf(error)}`);
    }
    const value = parsed(text);
    const { status } = response;
    if (!response.ok) {
      throw new ThingsBoardRefused(`${this.#root}: ${messageOf(value, status)}`, status);
    }
    if (text !== "" && value === undefined) {
      throw new ThingsBoardRefused(`${this.#root}: answers ${method} ${path} without JSON`);
    }
    return value;
  }

  async #textOf(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of response.body ?? []) {
      total += chunk.length;
      if (total > ANSWER_BYTES_MAX) {
        throw new ThingsBoardRefused(
          `${this.#root}: an answer of more than ${ANSWER_BYTES_MAX} bytes`,
        );
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
