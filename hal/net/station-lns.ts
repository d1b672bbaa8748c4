import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { ServerDownlink } from "#hal/gateway-port.ts";
import {
  decodeFromStation,
  decodeRouterRequest,
  encodeDnMsg,
  encodeRouterAnswer,
  encodeRouterRefusal,
  encodeTimeSyncAnswer,
} from "./basics-station-lns.ts";
import type { LnsAddress, LnsEvents } from "./lns-events.ts";
import { encodeRouterConfig, type StationPlan } from "./station-plan.ts";

/** Beyond any message of the protocol. */
const MESSAGE_BYTES_MAX = 65_536;
const STATIONS_MAX = 1000;
/** A station that does not answer a ping by the next one is gone. */
const PING_MS = 30_000;
const GATEWAY_PATH = /^\/gateway\/([\da-f]{16})$/;

export interface StationClock {
  /** µs of GPS time, now. */
  readonly gpsUs: () => number;
  /** Seconds of UTC since 1970, with a fraction. */
  readonly utcS: () => number;
}

/** The server of the LNS protocol of LoRa Basics Station, without TLS, for all stations that come. */
export class StationLns {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #plan: StationPlan;
  readonly #clock: StationClock;
  readonly #events: LnsEvents;
  readonly #stations = new Map<string, WebSocket>();
  readonly #silent = new WeakSet<WebSocket>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(plan: StationPlan, clock: StationClock, events: LnsEvents) {
    this.#http = createServer((_, response) => response.writeHead(404).end());
    this.#sockets = new WebSocketServer({ server: this.#http, maxPayload: MESSAGE_BYTES_MAX });
    this.#plan = plan;
    this.#clock = clock;
    this.#events = events;
  }

  /** Rejects with the system's error when the port is not to be had. */
  static async open(
    address: LnsAddress,
    plan: StationPlan,
    clock: StationClock,
    events: LnsEvents,
  ): Promise<StationLns> {
    const lns = new StationLns(plan, clock, events);
    // It repeats the errors of the server below, which are heard there.
    lns.#sockets.on("error", () => {});
    lns.#sockets.on("connection", (socket, request) => lns.#accept(socket, request));
    lns.#http.listen(address.port, address.host);
    await once(lns.#http, "listening");
    lns.#timer = setInterval(() => lns.#ping(), PING_MS);
    return lns;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Returns whether the station is there. */
  send(eui: string, downlink: ServerDownlink): boolean {
    const socket = this.#stations.get(eui);
    if (socket === undefined) return false;
    socket.send(encodeDnMsg(downlink, this.#plan.rates, this.#clock.utcS()));
    return true;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
    const closed = once(this.#http, "close");
    this.#http.close();
    await closed;
  }

  #accept(
    socket: WebSocket,
    { url = "", headers, socket: { remoteAddress } }: IncomingMessage,
  ): void {
    // Its close says the same.
    socket.on("error", () => {});
    socket.on("pong", () => this.#silent.delete(socket));
    if (url === "/router-info") {
      socket.on("message", (data) => this.#discover(socket, String(data), headers.host ?? ""));
      return;
    }
    const [, eui] = GATEWAY_PATH.exec(url) ?? [];
    const isFull = this.#stations.size >= STATIONS_MAX;
    if (eui === undefined || (isFull && !this.#stations.has(eui))) {
      socket.close();
      return;
    }
    // The old connection of a station that comes again is dead.
    this.#stations.get(eui)?.terminate();
    this.#stations.set(eui, socket);
    this.#events.onGateway(eui, `Basics Station from ${remoteAddress ?? "?"}`);
    socket.on("message", (data, isBinary) => {
      if (!isBinary) this.#receive(eui, socket, String(data));
    });
    socket.on("close", () => {
      if (this.#stations.get(eui) === socket) this.#stations.delete(eui);
    });
  }

  /** It is to come to where it has found us. */
  #discover(socket: WebSocket, text: string, host: string): void {
    const eui = decodeRouterRequest(text);
    socket.send(
      eui === undefined
        ? encodeRouterRefusal("expected router: an EUI")
        : encodeRouterAnswer(eui, `ws://${host}/gateway/${eui}`),
    );
  }

  #receive(eui: string, socket: WebSocket, text: string): void {
    const message = decodeFromStation(text, this.#plan.rates);
    const { onUplink, onAck, onOddity } = this.#events;
    switch (message?.type) {
      case "version":
        socket.send(encodeRouterConfig(this.#plan, this.#clock.utcS()));
        return;
      case "uplink":
        if (message.uplink !== undefined) onUplink(eui, message.uplink);
        else onOddity(`gateway ${eui}: an uplink that cannot be used`);
        return;
      case "sent":
        onAck(eui, message.downlinkId, undefined);
        return;
      case "timeSync":
        socket.send(encodeTimeSyncAnswer(message.txtimeUs, this.#clock.gpsUs()));
        return;
      case "other":
        return;
      case undefined:
        onOddity(`gateway ${eui}: no message of the protocol`);
        return;
      default:
        message satisfies never;
    }
  }

  #ping(): void {
    for (const client of this.#sockets.clients) {
      if (this.#silent.has(client)) client.terminate();
      else {
        this.#silent.add(client);
        client.ping();
      }
    }
  }
}
