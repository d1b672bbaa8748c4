import mqtt, { type MqttClient } from "mqtt";

export interface MqttLinkOptions {
  /** `mqtt://` or `mqtts://`. */
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
}

export interface MqttLinkEvents {
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** The broker went away, or is back. */
  readonly onState: (state: "connected" | "lost") => void;
}

/** The broker cannot be reached, or refuses us. */
export class BrokerRefused extends Error {
  override readonly name = "BrokerRefused";
}

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_MS = 1000;

/** One connection to an MQTT broker that comes back by itself. What is published meanwhile waits. */
export class MqttLink {
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  /** Rejects with {@link BrokerRefused} when the first connection does not come about. */
  static async open(options: MqttLinkOptions, events: MqttLinkEvents): Promise<MqttLink> {
    const { url, ...identity } = options;
    const client = mqtt.connect(url, {
      ...identity,
      protocolVersion: 5,
      clean: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: RECONNECT_MS,
    });
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error) => {
        client.end(true);
        reject(new BrokerRefused(`${url}: ${error.message || "no answer"}`, { cause: error }));
      };
      client.once("connect", () => {
        client.off("error", refuse);
        resolve();
      });
      client.once("error", refuse);
    });
    client.on("error", () => {});
    client.on("message", (topic, payload) => events.onMessage(topic, payload));
    client.on("connect", () => events.onState("connected"));
    client.on("offline", () => events.onState("lost"));
    return new MqttLink(client);
  }

  publish(topic: string, payload: Uint8Array): void {
    this.#client.publish(topic, Buffer.from(payload), { qos: 0 });
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#client.subscribeAsync([...topics], { qos: 0 });
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}
