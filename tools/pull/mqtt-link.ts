import { MqttSession, type MqttSessionOptions } from "#hal/net/mqtt-session.ts";
import type { LinkEffect, Post, PullLink } from "./link.ts";

/** The MQTT sessions of a device, one after the other. */
export class MqttDeviceLink implements PullLink {
  readonly #options: MqttSessionOptions;
  readonly #post: Post;
  #session: MqttSession | undefined;

  constructor(options: MqttSessionOptions, post: Post) {
    this.#options = options;
    this.#post = post;
  }

  perform(effect: LinkEffect): void {
    switch (effect.type) {
      case "mqttConnect":
        this.halt();
        this.#connect();
        break;
      case "mqttSubscribe":
        this.#session?.subscribe(effect.filters, () => this.#post({ type: "mqttSubscribed" }));
        break;
      case "mqttPublish": {
        const { id, topic, payload } = effect;
        this.#session?.publish(topic, payload, () => this.#post({ type: "mqttPublished", id }));
        break;
      }
      case "mqttClose":
        this.halt();
        break;
      default:
        break;
    }
  }

  halt(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #connect(): void {
    this.#session = new MqttSession(this.#options, {
      onConnected: () => this.#post({ type: "mqttConnected" }),
      onMessage: (topic, payload) => this.#post({ type: "mqttMessage", topic, payload }),
      onClosed: (detail, isUnknown) => this.#post({ type: "mqttClosed", detail, isUnknown }),
    });
  }
}
