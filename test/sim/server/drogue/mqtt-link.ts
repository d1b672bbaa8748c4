import { DrogueMqtt } from "#agent/pull/drogue-mqtt.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import { DrogueMqttEndpoint } from "#sim/server/drogue/mqtt-endpoint.ts";
import type { PostLater, WorldLink } from "../../../agent/pull/pull-world.ts";
import type { DrogueBench } from "./drogue-bench.ts";

export type Fate = "arrives" | "lost" | "close";

/** A device's MQTT sessions with a stand-in. */
export class DrogueMqttLink implements WorldLink {
  readonly published: { readonly topic: string; readonly payload: Uint8Array }[] = [];
  connects = 0;
  username = "d 1@app1";
  password = "p:w";
  child: string | undefined;
  /** What happens to a command on its way. */
  fateOf: () => Fate = () => "arrives";
  readonly #bench: DrogueBench;
  #session: DrogueMqttEndpoint | undefined;
  #lives = 0;

  constructor(bench: DrogueBench) {
    this.#bench = bench;
  }

  readonly newDialect = () => {
    const { child } = this;
    const firstCorrelationId = 1000 * this.#lives++;
    const options = { spelling: "packed", firstCorrelationId } as const;
    return new DrogueMqtt({ ...options, ...(child === undefined ? {} : { child }) });
  };

  perform(effect: PullEffect, post: PostLater, nowUs: number): void {
    this.#bench.catchUp(nowUs);
    const session = this.#session;
    switch (effect.type) {
      case "mqttConnect":
        this.halt();
        this.#connect(post);
        break;
      case "mqttSubscribe": {
        const filters = effect.filters.map((topic) => ({ topic }));
        session?.subscribe(1, filters);
        break;
      }
      case "mqttPublish": {
        const { id: messageId, topic, payload } = effect;
        if (!(payload instanceof Uint8Array)) throw new TypeError("a status is bytes");
        this.published.push({ topic, payload });
        session?.publish({ topic, payload, qos: 1, messageId });
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
    this.#session?.closed();
    this.#session = undefined;
  }

  #connect(post: PostLater): void {
    this.connects += 1;
    const end = (detail: string, isUnknown: boolean) => {
      if (this.#session === session) this.#session = undefined;
      session.closed();
      post({ type: "mqttClosed", detail, isUnknown });
    };
    const session: DrogueMqttEndpoint = new DrogueMqttEndpoint(this.#bench.cloud, {
      connack: (code) => {
        if (code === 0) post({ type: "mqttConnected" });
        else end(`refused (${code})`, true);
      },
      suback: () => post({ type: "mqttSubscribed" }),
      puback: (id) => post({ type: "mqttPublished", id }),
      publish: (topic, payload) => {
        const fate = this.fateOf();
        if (fate === "arrives") post({ type: "mqttMessage", topic, payload });
        if (fate === "close") end("the connection was closed", false);
      },
      close: () => {},
    });
    this.#session = session;
    const { username, password } = this;
    session.connect({ username, password });
  }
}
