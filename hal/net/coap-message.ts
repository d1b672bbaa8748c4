/** CoAP messages as they go in datagrams (RFC 7252 §3), in no library's words. */
import { generate, type OptionName, parse } from "coap-packet";

export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

export type CoapType = "con" | "non" | "ack" | "rst";

export interface CoapMessage {
  readonly type: CoapType;
  /** 205 for 2.05, 1 for GET; 0: empty. */
  readonly code: number;
  readonly messageId: number;
  /** Hex digits, of at most eight bytes. */
  readonly token: string;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

/** RFC 7252 §12.2, RFC 7641, RFC 7959. */
export const COAP_OPTION = {
  etag: 4,
  observe: 6,
  uriPath: 11,
  contentFormat: 12,
  uriQuery: 15,
  block2: 23,
  block1: 27,
  size2: 28,
} as const;

const TOKEN_BYTES_MAX = 8;
const DATAGRAM_BYTES_MAX = 65_535;

/** What the library calls them. */
const NUMBERS: Readonly<Record<OptionName, number>> = {
  "If-Match": 1,
  "Uri-Host": 3,
  ETag: COAP_OPTION.etag,
  "If-None-Match": 5,
  Observe: COAP_OPTION.observe,
  "Uri-Port": 7,
  "Location-Path": 8,
  OSCORE: 9,
  "Uri-Path": COAP_OPTION.uriPath,
  "Content-Format": COAP_OPTION.contentFormat,
  "Max-Age": 14,
  "Uri-Query": COAP_OPTION.uriQuery,
  "Hop-Limit": 16,
  Accept: 17,
  "Q-Block1": 19,
  "Location-Query": 20,
  Block2: COAP_OPTION.block2,
  Block1: COAP_OPTION.block1,
  Size2: COAP_OPTION.size2,
  "Q-Block2": 31,
  "Proxy-Uri": 35,
  "Proxy-Scheme": 39,
  Size1: 60,
  "No-Response": 258,
  "OCF-Accept-Content-Format-Version": 2049,
  "OCF-Content-Format-Version": 2053,
};

/** Undefined for what is no whole message. */
export function decodeCoap(bytes: Uint8Array): CoapMessage | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packet = parsed(buffer);
  if (packet === undefined || packet.token.length > TOKEN_BYTES_MAX) return undefined;
  const { messageId, token, options, payload } = packet;
  return {
    type: packet.confirmable ? "con" : packet.ack ? "ack" : packet.reset ? "rst" : "non",
    code: codeOf(packet.code),
    messageId,
    token: token.toString("hex"),
    options: options.map(({ name, value }) => ({ number: numberOf(name), value })),
    payload,
  };
}

/** The library takes what ends too early; what it would not write itself is malformed. */
function parsed(buffer: Buffer) {
  try {
    const packet = parse(buffer);
    return generate({ ...packet }, DATAGRAM_BYTES_MAX).equals(buffer) ? packet : undefined;
  } catch {
    // Its errors are of no class of their own.
    return undefined;
  }
}

export function encodeCoap(message: CoapMessage): Uint8Array {
  const { type, code, messageId, token, options, payload } = message;
  const packet = {
    confirmable: type === "con",
    ack: type === "ack",
    reset: type === "rst",
    code: `${Math.floor(code / 100)}.${String(code % 100).padStart(2, "0")}`,
    messageId,
    token: Buffer.from(token, "hex"),
    options: options.map(({ number, value }) => ({
      name: String(number),
      value: Buffer.from(value),
    })),
    payload: Buffer.from(payload),
  };
  return generate(packet, DATAGRAM_BYTES_MAX);
}

function codeOf(text: string): number {
  return Number(text.replace(".", ""));
}

function numberOf(name: string | number): number {
  return typeof name === "string" && isNamed(name) ? NUMBERS[name] : Number(name);
}

function isNamed(name: string): name is OptionName {
  return Object.hasOwn(NUMBERS, name);
}

export function coapOption(
  message: Pick<CoapMessage, "options">,
  number: number,
): Uint8Array | undefined {
  return message.options.find((option) => option.number === number)?.value;
}

/** An option of a whole number: big-endian, without leading zeros (RFC 7252 §3.2). */
export function coapUint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

const UINT_BYTES_MAX = 4;

/** Undefined for what is longer than any such option. */
export function coapUintOf(value: Uint8Array): number | undefined {
  if (value.length > UINT_BYTES_MAX) return undefined;
  return value.reduce((sum, byte) => sum * 256 + byte, 0);
}

const BLOCK_BYTES = [16, 32, 64, 128, 256, 512, 1024] as const;
export type CoapBlockBytes = (typeof BLOCK_BYTES)[number];

/** One block of a larger body (RFC 7959 §2.2). */
export interface CoapBlock {
  readonly num: number;
  readonly more: boolean;
  readonly sizeBytes: CoapBlockBytes;
}

/** Undefined for what is no block. */
export function coapBlockOf(value: Uint8Array): CoapBlock | undefined {
  const bits = value.length > 3 ? undefined : coapUintOf(value);
  const sizeBytes = bits === undefined ? undefined : BLOCK_BYTES[bits & 7];
  if (bits === undefined || sizeBytes === undefined) return undefined;
  return { num: bits >>> 4, more: (bits & 8) !== 0, sizeBytes };
}

export function coapBlock({ num, more, sizeBytes }: CoapBlock): Uint8Array {
  const exponent = BLOCK_BYTES.indexOf(sizeBytes);
  return coapUint(num * 16 + (more ? 8 : 0) + exponent);
}
