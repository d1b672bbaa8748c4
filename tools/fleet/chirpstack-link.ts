import {
  decodeDownlink,
  encodeStats,
  encodeTxAck,
  encodeUplink,
} from "#hal/net/chirpstack-frames.ts";
import { BrokerRefused, MqttLink } from "#hal/net/mqtt-link.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { RefusedError } from "#tools/errors.ts";

export interface ChirpStackLinkOptions {
  readonly url: string;
  readonly topicPrefix: string;
  readonly gatewayIds: readonly string[];
}

export interface ChirpStackLinkEvents {
  readonly onCommand: (gateway: number, command: DownlinkCommand) => void;
  /** Undecodable, or a command we do not know. */
  readonly onOddity: (text: string) => void;
  readonly onState: (state: "connected" | "lost") => void;
}

/** Gateways on the MQTT backend of a ChirpStack v4, straight on its broker, in protobuf. */
export class ChirpStackLink {
  readonly #mqtt: MqttLink;
  readonly #options: ChirpStackLinkOptions;

  private constructor(link: MqttLink, options: ChirpStackLinkOptions) {
    this.#mqtt = link;
    this.#options = options;
  }

  static async open(
    options: ChirpStackLinkOptions,
    events: ChirpStackLinkEvents,
  ): Promise<ChirpStackLink> {
    const { url, topicPrefix, gatewayIds } = options;
    const indexes = new Map(gatewayIds.map((id, index) => [id, index]));
    const clientId = `fuota-${process.pid}`;
    const onMessage = (topic: string, payload: Uint8Array) => {
      const [id = "", , command] = topic.slice(topicPrefix.length + "/gateway/".length).split("/");
      const gateway = indexes.get(id);
      if (gateway === undefined || command !== "down") return;
      const downlink = decodeDownlink(payload);
      if (downlink === undefined) events.onOddity(`${topic}: undecodable downlink`);
      else events.onCommand(gateway, downlink);
    };
    try {
      const link = await MqttLink.open({ url, clientId }, { onMessage, onState: events.onState });
      await link.subscribe(gatewayIds.map((id) => `${topicPrefix}/gateway/${id}/command/+`));
      return new ChirpStackLink(link, options);
    } catch (error) {
      if (error instanceof BrokerRefused) throw new RefusedError(`broker ${error.message}`);
      throw error;
    }
  }

  send(gateway: number, event: GatewayEvent): void {
    const { topicPrefix, gatewayIds } = this.#options;
    const id = gatewayIds[gateway] ?? "";
    const topic = (name: string) => `${topicPrefix}/gateway/${id}/event/${name}`;
    switch (event.type) {
      case "uplink":
        this.#mqtt.publish(topic("up"), encodeUplink(id, event));
        return;
      case "ack":
        this.#mqtt.publish(topic("ack"), encodeTxAck(id, event.downlinkId, event.statuses));
        return;
      case "stats":
        this.#mqtt.publish(topic("stats"), encodeStats(id, event));
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    await this.#mqtt.close();
  }
}
