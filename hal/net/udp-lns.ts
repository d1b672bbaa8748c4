import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { ServerDownlink } from "#hal/gateway-port.ts";
import type { LnsAddress, LnsEvents } from "./lns-events.ts";
import {
  decodeFromUdpGateway,
  encodePullAck,
  encodePullResp,
  encodePushAck,
} from "./semtech-udp-server.ts";

/** Of as many gateways at most where to send is remembered; nobody has more on one desk. */
const GATEWAYS_MAX = 1000;

/** The server's socket of the Semtech UDP protocol, for all gateways that come. */
export class UdpLns {
  readonly #socket: Socket;
  readonly #events: LnsEvents;
  /** Where PULL_DATA came from last: there downlinks go. */
  readonly #pulls = new Map<string, RemoteInfo>();
  readonly #known = new Set<string>();
  readonly #powerDbm: number;

  private constructor(socket: Socket, powerDbm: number, events: LnsEvents) {
    this.#socket = socket;
    this.#powerDbm = powerDbm;
    this.#events = events;
  }

  /** Rejects with the system's error when the port is not to be had. */
  static async open(address: LnsAddress, powerDbm: number, events: LnsEvents): Promise<UdpLns> {
    const socket = createSocket("udp4");
    const lns = new UdpLns(socket, powerDbm, events);
    socket.bind(address.port, address.host);
    try {
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      throw error;
    }
    // What could not be delivered will be missed by who waits for it.
    socket.on("error", () => {});
    socket.on("message", (bytes, from) => lns.#receive(bytes, from));
    return lns;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Returns whether the gateway has said where it takes downlinks. */
  send(eui: string, downlink: ServerDownlink): boolean {
    const to = this.#pulls.get(eui);
    if (to === undefined) return false;
    this.#socket.send(encodePullResp(downlink, this.#powerDbm), to.port, to.address);
    return true;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    const message = decodeFromUdpGateway(bytes);
    if (message === undefined || !this.#meet(message.eui, from)) return;
    const { eui, token } = message;
    const { onUplink, onAck, onOddity } = this.#events;
    switch (message.type) {
      case "pushData":
        this.#socket.send(encodePushAck(token), from.port, from.address);
        for (const uplink of message.uplinks) onUplink(eui, uplink);
        if (message.unusable > 0) onOddity(`gateway ${eui}: a packet that says no LoRa frame`);
        return;
      case "pullData":
        this.#socket.send(encodePullAck(token), from.port, from.address);
        this.#pulls.set(eui, from);
        return;
      case "txAck":
        onAck(eui, token, message.error === "" ? undefined : message.error);
        return;
      default:
        message satisfies never;
    }
  }

  #meet(eui: string, { address }: RemoteInfo): boolean {
    if (this.#known.has(eui)) return true;
    if (this.#known.size >= GATEWAYS_MAX) return false;
    this.#known.add(eui);
    this.#events.onGateway(eui, `Semtech UDP from ${address}`);
    return true;
  }
}
