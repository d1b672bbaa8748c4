import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { CoapCall, CoapReply } from "#hal/net/coap-exchange.ts";
import { type CoapMessage, decodeCoap, encodeCoap } from "#hal/net/coap-message.ts";

export const GET: CoapCall = {
  method: "GET",
  path: ["fw", "T"],
  query: [],
  options: [],
  payload: undefined,
  observes: false,
  blockBytes: undefined,
  payloadBytesMax: 4096,
};

/** A server that says what its test lets it say. */
export class CoapPeer {
  readonly socket: Socket;
  readonly heard: CoapMessage[] = [];
  #from: RemoteInfo | undefined;
  #taken = 0;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("message", (bytes, from) => {
      const message = decodeCoap(bytes);
      if (message === undefined) throw new Error(`heard ${bytes.toString("hex")}`);
      this.#from = from;
      this.heard.push(message);
      this.#wake();
    });
  }

  static async open(): Promise<CoapPeer> {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new CoapPeer(socket);
  }

  get url(): string {
    return `coap://127.0.0.1:${this.socket.address().port}`;
  }

  get port(): number {
    return this.#from?.port ?? 0;
  }

  /** The next message, in the order in which they come. */
  async next(): Promise<CoapMessage> {
    for (;;) {
      const message = this.heard[this.#taken];
      if (message !== undefined) {
        this.#taken += 1;
        return message;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  say(message: Partial<CoapMessage>): void {
    const none = { type: "ack", code: 205, messageId: 0, token: "", options: [] } as const;
    this.sayBytes(encodeCoap({ ...none, payload: new Uint8Array(0), ...message }));
  }

  /** Piggybacked on the acknowledgement. */
  answer({ messageId, token }: CoapMessage, message: Partial<CoapMessage>): void {
    this.say({ messageId, token, ...message });
  }

  sayBytes(bytes: Uint8Array): void {
    this.socket.send(bytes, this.#from?.port ?? 0, this.#from?.address);
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }
}

/** What became of a call, in the order in which it was told. */
export class Told {
  readonly all: (CoapReply | string)[] = [];
  #wake: () => void = () => {};
  #taken = 0;

  readonly onResponse = (reply: CoapReply) => this.#add(reply);
  readonly onFailed = (detail: string, isTooLong: boolean) =>
    this.#add(isTooLong ? `${detail}, too long` : detail);

  async next(): Promise<CoapReply | string> {
    while (this.all.length <= this.#taken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const told = this.all[this.#taken] ?? "";
    this.#taken += 1;
    return told;
  }

  #add(what: CoapReply | string): void {
    this.all.push(what);
    this.#wake();
  }
}
