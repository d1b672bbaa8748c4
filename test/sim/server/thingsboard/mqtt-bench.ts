import { MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import type { StandIn } from "./stand-in.ts";

/** One session with a stand-in, and all that it says in short words. */
export class MqttBench {
  readonly said: string[] = [];
  readonly session: MqttSession;

  constructor({ server }: StandIn) {
    this.session = new MqttSession(server, {
      connack: (code, present) => this.said.push(`connack ${code}${present ? " session" : ""}`),
      suback: (_, granted) => this.said.push(`suback ${granted.join(" ")}`),
      puback: () => this.said.push("puback"),
      publish: (topic, payload, qos) =>
        this.said.push(`${topic} ${payload.length} bytes at ${qos}`),
      close: () => this.said.push("close"),
    });
  }

  connected(clean = true, username: string | undefined = "T"): this {
    this.session.connect({ clean, username });
    return this;
  }

  publish(topic: string, text: string, qos: 0 | 1 | 2 = 1): this {
    this.session.publish({ topic, payload: new TextEncoder().encode(text), qos, messageId: 7 });
    return this;
  }

  chunk(requestId: string, index: number, text: string): this {
    return this.publish(`v2/fw/request/${requestId}/chunk/${index}`, text);
  }
}
