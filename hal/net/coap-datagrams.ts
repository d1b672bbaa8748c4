import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type CoapMessage, decodeCoap, encodeCoap } from "./coap-message.ts";

const PORT = 5683;

export interface CoapDatagramEvents {
  readonly onMessage: (message: CoapMessage) => void;
  /** For people, in one line; what was sent may be lost. */
  readonly onTrouble: (detail: string) => void;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be looked up",
};

/**
 * CoAP messages to and from one server, each as it is, from a port of their own: sending again,
 * acknowledging and knowing what comes twice is somebody else's.
 */
export class CoapDatagrams {
  readonly #events: CoapDatagramEvents;
  readonly #opening: Promise<Socket | undefined>;
  #isClosed = false;

  /** `coap://` host and port. */
  constructor(root: string, events: CoapDatagramEvents) {
    this.#events = events;
    this.#opening = this.#open(new URL(root)).catch((error: unknown) => {
      this.#complain(error);
      return undefined;
    });
  }

  send(message: CoapMessage): void {
    void this.#opening.then((socket) => {
      if (this.#isClosed) return;
      socket?.send(encodeCoap(message), (error) => this.#complain(error));
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    (await this.#opening)?.close();
  }

  async #open({ hostname, port }: URL): Promise<Socket> {
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const { address, family } = await lookup(host, { order: "ipv4first" });
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    socket.on("message", (bytes) => {
      const message = decodeCoap(bytes);
      if (message !== undefined && !this.#isClosed) this.#events.onMessage(message);
    });
    socket.connect(port === "" ? PORT : Number(port), address);
    try {
      await once(socket, "connect");
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.on("error", (error) => this.#complain(error));
    return socket;
  }

  #complain(error: unknown): void {
    if (!(error instanceof Error) || this.#isClosed) return;
    const code = "code" in error ? String(error.code) : "";
    this.#events.onTrouble(REASONS[code] ?? error.message);
  }
}
