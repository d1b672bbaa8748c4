import { MqttSession, type MqttSessionOptions } from "#hal/net/mqtt-session.ts";
import type { LinkEffect, Post, PullLink } from "./link.ts";

/**
 * One MQTT session of a gateway for many child devices, each of which takes it for its own. Whoever
 * finds that it is dead ends it for all of them: they ask for another one, and get the same.
 */
export class GatewaySession {
  readonly #options: MqttSessionOptions;
  readonly #joined = new Set<ChildLink>();
  #session: MqttSession | undefined;
  #isOpen = false;

  constructor(options: MqttSessionOptions) {
    this.#options = options;
  }

  newLink(post: Post): PullLink {
    return new ChildLink(this, post);
  }

  close(): void {
    this.#joined.clear();
    this.#end();
  }

  join(link: ChildLink): MqttSession {
    this.#joined.add(link);
    this.#session ??= this.#connect();
    if (this.#isOpen) link.post({ type: "mqttConnected" });
    return this.#session;
  }

  leave(link: ChildLink): void {
    this.#joined.delete(link);
  }

  /** For all but the one who says so. */
  drop(by: ChildLink): void {
    this.#joined.delete(by);
    this.#end();
    this.#closed("another device behind this gateway has closed it", false);
  }

  #end(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#isOpen = false;
  }

  #closed(detail: string, isUnknown: boolean): void {
    const links = [...this.#joined];
    this.#joined.clear();
    this.#session = undefined;
    this.#isOpen = false;
    for (const link of links) link.post({ type: "mqttClosed", detail, isUnknown });
  }

  #connect(): MqttSession {
    return new MqttSession(this.#options, {
      onConnected: () => {
        this.#isOpen = true;
        for (const link of [...this.#joined]) link.post({ type: "mqttConnected" });
      },
      onMessage: (topic, payload) => {
        for (const link of [...this.#joined]) {
          if (link.hears(topic)) link.post({ type: "mqttMessage", topic, payload });
        }
      },
      onClosed: (detail, isUnknown) => this.#closed(detail, isUnknown),
    });
  }
}

/** What a child device has of it. */
class ChildLink implements PullLink {
  readonly post: Post;
  readonly #gateway: GatewaySession;
  #session: MqttSession | undefined;
  #prefixes: readonly string[] = [];

  constructor(gateway: GatewaySession, post: Post) {
    this.#gateway = gateway;
    this.post = post;
  }

  hears(topic: string): boolean {
    return this.#prefixes.some((prefix) => topic.startsWith(prefix));
  }

  perform(effect: LinkEffect): void {
    const session = this.#session;
    switch (effect.type) {
      case "mqttConnect":
        this.halt();
        this.#session = this.#gateway.join(this);
        break;
      case "mqttSubscribe":
        this.#prefixes = effect.filters.map((filter) => filter.replace(/#$/, ""));
        session?.subscribe(effect.filters, () => {
          if (session === this.#session) this.post({ type: "mqttSubscribed" });
        });
        break;
      case "mqttPublish": {
        const { id, topic, payload } = effect;
        session?.publish(topic, payload, () => {
          if (session === this.#session) this.post({ type: "mqttPublished", id });
        });
        break;
      }
      case "mqttClose":
        if (session !== undefined) this.#gateway.drop(this);
        this.#session = undefined;
        break;
      default:
        break;
    }
  }

  halt(): void {
    this.#gateway.leave(this);
    this.#session = undefined;
    this.#prefixes = [];
  }
}
