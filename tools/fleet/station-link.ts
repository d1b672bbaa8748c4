import { encodeDnTxed, encodeStationUplink, encodeTimeSync } from "#hal/net/basics-station.ts";
import type { FromStationServer, StationDownlink } from "#hal/net/basics-station-server.ts";
import { StationRefused, type StationServer, StationSocket } from "#hal/net/station-socket.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { RefusedError } from "#tools/errors.ts";
import type { GatewayLink, GatewayLinkEvents } from "./gateway-link.ts";
import { gpsNow } from "./wall-clock.ts";

/** A server's GPS time further from ours is worth a word. */
const GPS_ERROR_MAX_US = 1_000_000;
/** Downlinks that may still be acknowledged. */
const PENDING_MAX = 256;

/** Gateways that are LoRa Basics Stations, each over a websocket of its own. */
export class StationLink implements GatewayLink {
  readonly #stations: readonly Station[];

  private constructor(stations: readonly Station[]) {
    this.#stations = stations;
  }

  /** `servers`: as each gateway knows its own. */
  static async open(
    servers: readonly StationServer[],
    gatewayIds: readonly string[],
    events: GatewayLinkEvents,
  ): Promise<StationLink> {
    let connected = 0;
    const onState = (state: "connected" | "lost") => {
      connected += state === "connected" ? 1 : -1;
      // Said for the first that is connected, and when the last is lost.
      if (connected === (state === "connected" ? 1 : 0)) events.onState(state);
    };
    const opened = await Promise.allSettled(
      gatewayIds.map((id, index) => {
        const server = servers[index];
        if (server === undefined) throw new RangeError(`no server for gateway ${index}`);
        const onCommand = events.onCommand.bind(undefined, index);
        return Station.open(server, id, { ...events, onState, onCommand });
      }),
    );
    const link = new StationLink(
      opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    );
    const refused = opened.find((result) => result.status === "rejected");
    if (refused === undefined) return link;
    await link.close();
    const reason: unknown = refused.reason;
    throw reason instanceof StationRefused ? new RefusedError(reason.message) : reason;
  }

  send(gateway: number, event: GatewayEvent): void {
    const station = this.#stations[gateway];
    if (station === undefined) throw new RangeError(`gateway ${gateway}`);
    station.send(event);
  }

  async close(): Promise<void> {
    await Promise.all(this.#stations.map((station) => station.close()));
  }
}

type StationEvents = Omit<GatewayLinkEvents, "onCommand"> & {
  readonly onCommand: (command: Parameters<GatewayLinkEvents["onCommand"]>[1]) => void;
};

class Station {
  readonly #id: string;
  readonly #events: StationEvents;
  #socket: StationSocket | undefined;
  readonly #pending = new Map<number, StationDownlink>();
  #isGpsKnown = false;

  private constructor(id: string, events: StationEvents) {
    this.#id = id;
    this.#events = events;
  }

  static async open(server: StationServer, id: string, events: StationEvents): Promise<Station> {
    const station = new Station(id, events);
    const eui = new Uint8Array(Buffer.from(id, "hex"));
    station.#socket = await StationSocket.open(server, eui, {
      onState: events.onState,
      onOddity: (text) => events.onOddity(`gateway ${id}: ${text}`),
      onMessage: (message) => station.#receive(message),
    });
    station.#askTime();
    return station;
  }

  send(event: GatewayEvent): void {
    switch (event.type) {
      case "uplink": {
        const text = encodeStationUplink(event, this.#socket?.rates ?? [], this.#isGpsKnown);
        if (text !== undefined) this.#socket?.send(text);
        else this.#odd(`the server has no data rate of SF${event.rate.sf}`);
        return;
      }
      case "ack": {
        const downlink = this.#pending.get(event.downlinkId);
        this.#pending.delete(event.downlinkId);
        // There is no word for a frame that did not go out.
        if (downlink?.isAcknowledged !== true || event.sentAt === undefined) return;
        this.#socket?.send(encodeDnTxed(downlink.echo, event.sentAt));
        return;
      }
      case "stats": // a server counts for itself what a station does
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }

  #receive(message: FromStationServer): void {
    switch (message.type) {
      case "downlink":
        this.#command(message);
        return;
      case "schedule":
        for (const downlink of message.downlinks) this.#command(downlink);
        return;
      case "timeSync":
        this.#compareTime(message.gpsUs);
        return;
      case "routerConfig":
        this.#askTime();
        return;
      case "other":
        return;
      default:
        message satisfies never;
    }
  }

  #command(downlink: StationDownlink): void {
    const { echo, items } = downlink;
    if (items.length === 0) {
      this.#odd("a downlink that cannot be sent");
      return;
    }
    this.#pending.set(echo.diid, downlink);
    const [oldest] = this.#pending.keys();
    if (this.#pending.size > PENDING_MAX && oldest !== undefined) this.#pending.delete(oldest);
    this.#events.onCommand({ downlinkId: echo.diid, items });
  }

  #askTime(): void {
    this.#socket?.send(encodeTimeSync(performance.now() * 1000));
  }

  #compareTime(serverGpsUs: number): void {
    this.#isGpsKnown = true;
    const { seconds, ms } = gpsNow();
    const offUs = serverGpsUs - (seconds * 1e6 + ms * 1000);
    if (Math.abs(offUs) < GPS_ERROR_MAX_US) return;
    this.#odd(`the server's GPS time is ${(offUs / 1e6).toFixed(1)} s from ours`);
  }

  #odd(text: string): void {
    this.#events.onOddity(`gateway ${this.#id}: ${text}`);
  }
}
