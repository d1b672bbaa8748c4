import { createSocket, type Socket } from "node:dgram";
import {
  COAP_OPTION,
  type CoapBlock,
  type CoapMessage,
  type CoapOption,
  type CoapType,
  coapBlock,
  coapBlockOf,
  coapOption,
  coapUint,
  coapUintOf,
  decodeCoap,
  encodeCoap,
} from "./coap-message.ts";
import { listenRefusal } from "./http-server.ts";

interface ServedHead {
  readonly type: CoapType;
  readonly code: number;
  readonly messageId: number;
  readonly token: string;
  readonly payload: Uint8Array;
}

/** What a client says, with the options that a server of devices knows. */
export interface HeardCoap extends ServedHead {
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly observe: number | undefined;
  readonly block2: CoapBlock | undefined;
  readonly block1: CoapBlock | undefined;
  /** Of those that this server knows besides. */
  readonly options: readonly CoapOption[];
  /** Without an option that has to be known and is not, or says nothing. */
  readonly isUnderstood: boolean;
}

export interface SaidCoap extends ServedHead {
  readonly observe?: number;
  readonly block2?: CoapBlock;
  readonly block1?: CoapBlock;
  readonly size2?: number;
  readonly contentFormat?: number;
  /** Beside these. */
  readonly options?: readonly CoapOption[];
}

type Say = (to: string, message: SaidCoap) => void;
/** Hears all that comes; `from` names an address and port. */
export type CoapHearer = (from: string, message: HeardCoap) => void;

/** Uri-Host and Uri-Port name the server itself; Accept leaves it little choice. */
const KNOWN: readonly number[] = [...Object.values(COAP_OPTION), 3, 7, 17];

/** CoAP messages on a UDP socket, each as it comes: what they mean is somebody else's. */
export class CoapListener {
  readonly #socket: Socket;
  readonly #host: string;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
  }

  /**
   * Port 0: any that is free. `known`: numbers of options that this server knows besides. Rejects with
   * `ListenRefused`.
   */
  static open(
    host: string,
    port: number,
    newHearer: (say: Say) => CoapHearer,
    known: readonly number[] = [],
  ) {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const hear = newHearer((to, message) => {
      const [address, toPort] = to.split(" ");
      socket.send(encodeCoap(messageOf(message)), Number(toPort), address, () => {});
    });
    socket.on("message", (bytes, from) => {
      const message = decodeCoap(bytes);
      if (message !== undefined) hear(`${from.address} ${from.port}`, heardOf(message, known));
    });
    return new Promise<CoapListener>((resolve, reject) => {
      const refuse = (error: Error) => {
        socket.close();
        reject(listenRefusal(host, port, error));
      };
      socket.once("error", refuse);
      socket.bind(port, host, () => {
        socket.off("error", refuse);
        socket.on("error", () => {});
        resolve(new CoapListener(socket, host));
      });
    });
  }

  get url(): string {
    const host = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
    return `coap://${host}:${this.#socket.address().port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

function heardOf(message: CoapMessage, known: readonly number[]): HeardCoap {
  const { type, code, messageId, token, payload, options } = message;
  const texts = (number: number) =>
    options
      .filter((option) => option.number === number)
      .map(({ value }) => new TextDecoder().decode(value));
  const observe = coapOption(message, COAP_OPTION.observe);
  const blocks = [COAP_OPTION.block2, COAP_OPTION.block1].map((number) => {
    const value = coapOption(message, number);
    return { isSaid: value !== undefined, block: value && coapBlockOf(value) };
  });
  // A critical option has an odd number (RFC 7252 §5.4.6).
  const isKnown = options.every(
    ({ number }) => number % 2 === 0 || KNOWN.includes(number) || known.includes(number),
  );
  return {
    ...{ type, code, messageId, token, payload },
    path: texts(COAP_OPTION.uriPath),
    query: texts(COAP_OPTION.uriQuery),
    observe: observe && coapUintOf(observe),
    block2: blocks[0]?.block,
    block1: blocks[1]?.block,
    options: options.filter(({ number }) => known.includes(number)),
    isUnderstood: isKnown && blocks.every(({ isSaid, block }) => !isSaid || block !== undefined),
  };
}

function messageOf(said: SaidCoap): CoapMessage {
  const { type, code, messageId, token, payload } = said;
  const options: CoapOption[] = [];
  const add = (number: number, value: Uint8Array | undefined) => {
    if (value !== undefined) options.push({ number, value });
  };
  const uint = (value: number | undefined) => (value === undefined ? undefined : coapUint(value));
  add(COAP_OPTION.observe, uint(said.observe));
  add(COAP_OPTION.contentFormat, uint(said.contentFormat));
  add(COAP_OPTION.block2, said.block2 && coapBlock(said.block2));
  add(COAP_OPTION.block1, said.block1 && coapBlock(said.block1));
  add(COAP_OPTION.size2, uint(said.size2));
  return { type, code, messageId, token, payload, options: [...options, ...(said.options ?? [])] };
}
