import { type ChirpStackFrames, PROTOBUF_FRAMES } from "#hal/net/chirpstack-frames.ts";
import { JSON_FRAMES } from "#hal/net/chirpstack-json.ts";
import { BrokerRefused, MqttLink } from "#hal/net/mqtt-link.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { RefusedError } from "#tools/errors.ts";
import type { GatewayLink, GatewayLinkEvents } from "./gateway-link.ts";

export type Marshaler = "protobuf" | "json";

export interface ChirpStackLinkOptions {
  readonly url: string;
  readonly topicPrefix: string;
  readonly marshaler: Marshaler;
}

const FRAMES: Readonly<Record<Marshaler, ChirpStackFrames>> = {
  protobuf: PROTOBUF_FRAMES,
  json: JSON_FRAMES,
};

/** Gateways on the MQTT backend of a ChirpStack v4, straight on its broker. */
export class ChirpStackLink implements GatewayLink {
  readonly #mqtt: MqttLink;
  readonly #topicPrefix: string;
  readonly #frames: ChirpStackFrames;
  readonly #gatewayIds: readonly string[];

  private constructor(
    link: MqttLink,
    { topicPrefix, marshaler }: ChirpStackLinkOptions,
    gatewayIds: readonly string[],
  ) {
    this.#mqtt = link;
    this.#topicPrefix = topicPrefix;
    this.#frames = FRAMES[marshaler];
    this.#gatewayIds = gatewayIds;
  }

  static async open(
    options: ChirpStackLinkOptions,
    gatewayIds: readonly string[],
    events: GatewayLinkEvents,
  ): Promise<ChirpStackLink> {
    const { url, topicPrefix, marshaler } = options;
    const indexes = new Map(gatewayIds.map((id, index) => [id, index]));
    const clientId = `fuota-${process.pid}`;
    const onMessage = (topic: string, payload: Uint8Array) => {
      const [id = "", , command] = topic.slice(topicPrefix.length + "/gateway/".length).split("/");
      const gateway = indexes.get(id);
      if (gateway === undefined || command !== "down") return;
      const downlink = FRAMES[marshaler].decodeDownlink(payload);
      if (downlink === undefined) events.onOddity(`${topic}: undecodable downlink`);
      else events.onCommand(gateway, downlink);
    };
    try {
      const link = await MqttLink.open({ url, clientId }, { onMessage, onState: events.onState });
      await link.subscribe(gatewayIds.map((id) => `${topicPrefix}/gateway/${id}/command/+`));
      return new ChirpStackLink(link, options, gatewayIds);
    } catch (error) {
      if (error instanceof BrokerRefused) throw new RefusedError(`broker ${error.message}`);
      throw error;
    }
  }

  send(gateway: number, event: GatewayEvent): void {
    const id = this.#gatewayIds[gateway] ?? "";
    const topic = (name: string) => `${this.#topicPrefix}/gateway/${id}/event/${name}`;
    switch (event.type) {
      case "uplink":
        this.#mqtt.publish(topic("up"), this.#frames.encodeUplink(id, event));
        return;
      case "ack":
        this.#mqtt.publish(
          topic("ack"),
          this.#frames.encodeTxAck(id, event.downlinkId, event.statuses),
        );
        return;
      case "stats":
        this.#mqtt.publish(topic("stats"), this.#frames.encodeStats(id, event));
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    await this.#mqtt.close();
  }
}
