/** One HTTP exchange of a stand-in, in no library's words. */
export interface HttpRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `close`: the connection ends without a response; `silence`: it stays open, and nothing comes. */
export type HttpOutcome = HttpReply | "close" | "silence";

/** Called once, now or later; what it returns is called when the client does not wait any more. */
export type HttpHandler = (
  request: HttpRequest,
  respond: (outcome: HttpOutcome) => void,
) => () => void;

const NO_BYTES = new Uint8Array(0);

export function emptyReply(status: number): HttpReply {
  return { status, headers: {}, body: NO_BYTES };
}

export function textReply(status: number, text: string): HttpReply {
  const headers = { "content-type": "text/plain;charset=UTF-8" };
  return { status, headers, body: new TextEncoder().encode(text) };
}

export function jsonReply(status: number, value: unknown): HttpReply {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return { status, headers: { "content-type": "application/json" }, body };
}
