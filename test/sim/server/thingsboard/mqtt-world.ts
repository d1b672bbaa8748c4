import { DocumentedMqtt } from "#agent/pull/documented-mqtt.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import { ThingsBoardMqtt } from "#agent/pull/thingsboard-mqtt.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import { type MqttConnection, MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import type { PostLater, PullServer, WorldLink } from "../../../agent/pull/pull-world.ts";
import type { RigOptions, StandIn } from "./stand-in.ts";

/** What happens to a publish on its way to the device; `close`: the connection ends instead. */
export type Fate = "arrives" | "lost" | "close";

export const noServer: PullServer = { reply: () => "no HTTP here" };

/** A device's MQTT connections to a stand-in, in virtual time. */
export class MqttWorldLink implements WorldLink {
  readonly standIn: StandIn;
  readonly published: { readonly topic: string; readonly payload: string }[] = [];
  connects = 0;
  username = "T";
  fateOf: (topic: string, payload: Uint8Array) => Fate = () => "arrives";
  #session: MqttSession | undefined;

  readonly #isDocumented: boolean;
  readonly #faults: ChunkFaults;

  constructor(standIn: StandIn, { isDocumented = false, faults = [] }: RigOptions = {}) {
    this.standIn = standIn;
    this.#isDocumented = isDocumented;
    this.#faults = new ChunkFaults(faults);
  }

  newDialect() {
    return this.#isDocumented ? new DocumentedMqtt("fw") : new ThingsBoardMqtt("fw");
  }

  perform(effect: PullEffect, post: PostLater, nowUs: number): void {
    const { engine } = this.standIn;
    engine.advance(Math.max(nowUs, engine.now));
    const session = this.#session;
    switch (effect.type) {
      case "mqttConnect":
        this.halt();
        this.connects += 1;
        this.#session = new MqttSession(this.standIn.server, this.#connection(post), {
          faults: this.#faults,
        });
        this.#session.connect({ clean: true, username: this.username });
        break;
      case "mqttSubscribe":
        session?.subscribe(
          1,
          effect.filters.map((topic) => ({ topic, qos: 1 })),
        );
        break;
      case "mqttPublish": {
        const { topic, id: messageId } = effect;
        const text = String(effect.payload);
        this.published.push({ topic, payload: text });
        const payload = new TextEncoder().encode(text);
        session?.publish({ topic, payload, qos: 1, messageId });
        break;
      }
      case "mqttClose":
        this.halt();
        break;
    }
  }

  halt(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.closed();
  }

  #connection(post: PostLater): MqttConnection {
    let isOpen = true;
    const mine = () => isOpen;
    const close = (detail = "the connection was closed", isUnknown = false) => {
      if (!mine()) return;
      isOpen = false;
      post({ type: "mqttClosed", detail, isUnknown });
    };
    return {
      connack: (code) => {
        if (code === 0) post({ type: "mqttConnected" });
        else close(`refused (${code})`, true);
      },
      suback: () => post({ type: "mqttSubscribed" }),
      puback: (id) => mine() && post({ type: "mqttPublished", id }),
      publish: (topic, payload) => {
        const fate = this.fateOf(topic, payload);
        if (fate === "close") {
          this.halt();
          close();
        }
        if (fate === "arrives" && mine()) post({ type: "mqttMessage", topic, payload });
      },
      close: () => close(),
    };
  }
}
