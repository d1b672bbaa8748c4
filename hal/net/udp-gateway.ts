import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  decodeFromUdpServer,
  encodeUdpPull,
  type FromUdpServer,
  type UdpToken,
} from "./semtech-udp.ts";

export interface UdpServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface UdpGatewayEvents {
  readonly onDownlink: (downlink: Extract<FromUdpServer, { readonly type: "pullResp" }>) => void;
  /** Whether the server answers keep-alives. */
  readonly onState: (state: "connected" | "lost") => void;
}

const PULL_INTERVAL_MS = 5000;
/** Keep-alives without an answer until the server counts as lost. */
const UNANSWERED_MAX = 3;

/** One gateway's socket to a Semtech UDP server, with its keep-alives. */
export class UdpGateway {
  readonly #socket: Socket;
  readonly #eui: Uint8Array;
  readonly #events: UdpGatewayEvents;
  #token = 0;
  #unanswered = 0;
  #isConnected = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, eui: Uint8Array, events: UdpGatewayEvents) {
    this.#socket = socket;
    this.#eui = eui;
    this.#events = events;
  }

  /** Rejects when the name of the host is not known. */
  static async open(
    server: UdpServerAddress,
    eui: Uint8Array,
    events: UdpGatewayEvents,
  ): Promise<UdpGateway> {
    const socket = createSocket("udp4");
    const gateway = new UdpGateway(socket, eui, events);
    socket.on("message", (bytes) => gateway.#receive(bytes));
    socket.connect(server.port, server.host);
    try {
      await once(socket, "connect");
    } catch (error) {
      socket.close();
      throw error;
    }
    // Nobody listens there, yet.
    socket.on("error", () => {});
    gateway.#pull();
    return gateway;
  }

  /** A token that was not used lately. */
  nextToken(): UdpToken {
    this.#token = (this.#token + 1) & 0xffff;
    return this.#token;
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram);
  }

  async close(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #pull(): void {
    this.#unanswered += 1;
    if (this.#unanswered > UNANSWERED_MAX) this.#become(false);
    this.send(encodeUdpPull(this.#eui, this.nextToken()));
    this.#timer = setTimeout(() => this.#pull(), PULL_INTERVAL_MS);
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeFromUdpServer(bytes);
    if (message?.type === "pullResp") this.#events.onDownlink(message);
    if (message?.type !== "pullAck") return;
    this.#unanswered = 0;
    this.#become(true);
  }

  #become(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.#events.onState(isConnected ? "connected" : "lost");
  }
}
