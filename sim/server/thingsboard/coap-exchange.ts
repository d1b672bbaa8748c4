/** CoAP of a stand-in, in no library's words: what is said in messages, and what is meant by them. */
import type { CoapBlockBytes, CoapOption } from "#agent/pull/events.ts";

/** One block of a larger body (RFC 7959 §2.2). */
export interface CoapBlock {
  readonly num: number;
  readonly more: boolean;
  readonly sizeBytes: CoapBlockBytes;
}

interface Head {
  readonly type: "con" | "non" | "ack" | "rst";
  /** 205 for 2.05, 1 for GET; 0: empty. */
  readonly code: number;
  readonly messageId: number;
  readonly token: string;
  readonly payload: Uint8Array;
}

/** What a client says. */
export interface CoapHeard extends Head {
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly observe: number | undefined;
  readonly block2: CoapBlock | undefined;
  readonly block1: CoapBlock | undefined;
  /** That only some servers know. */
  readonly options?: readonly CoapOption[];
  /** Without an option that the server has to know and does not. */
  readonly isUnderstood: boolean;
}

/** What the server says. */
export interface CoapSaid extends Head {
  readonly observe?: number;
  readonly block2?: CoapBlock;
  readonly block1?: CoapBlock;
  readonly size2?: number;
  readonly contentFormat?: number;
  readonly options?: readonly CoapOption[];
}

/** What a request asks for, with a body that is whole. */
export interface CoapRequest {
  /** 1: GET, 2: POST. */
  readonly code: number;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly observe: number | undefined;
  readonly options?: readonly CoapOption[];
  readonly payload: Uint8Array;
}

export interface CoapReply {
  readonly code: number;
  readonly payload: Uint8Array;
  readonly contentFormat?: number;
  readonly options?: readonly CoapOption[];
  /** Others may follow. */
  readonly isObserved?: true;
}

/** `silence`: it is acknowledged, and nothing comes; `reset`: not even that. */
export type CoapOutcome = CoapReply | "silence" | "reset";

/** Called once, or more often for who observes; what it returns is called when nobody listens any more. */
export type CoapHandler = (
  request: CoapRequest,
  respond: (outcome: CoapOutcome) => void,
) => () => void;

const NO_BYTES = new Uint8Array(0);
const JSON_FORMAT = 50;

export function coapReply(code: number): CoapReply {
  return { code, payload: NO_BYTES };
}

export function coapJson(value: unknown): CoapReply {
  const payload = new TextEncoder().encode(JSON.stringify(value));
  return { code: 205, payload, contentFormat: JSON_FORMAT };
}
