import { CoapListener, type HeardCoap, type SaidCoap } from "#hal/net/coap-server.ts";
import { HttpListener, type ServedReply } from "#hal/net/http-server.ts";
import { MqttListener, type ServedConnection, type ServedSession } from "#hal/net/mqtt-server.ts";
import type { Scheme } from "./serve-bench.ts";

const NO_BYTES = new Uint8Array(0);

/** A server that takes reports, and has one answer to whoever asks what there is for him. */
export class HostileServer {
  readonly #listeners: Readonly<Record<Scheme, { url: string; close(): Promise<void> }>>;

  private constructor(listeners: Record<Scheme, { url: string; close(): Promise<void> }>) {
    this.#listeners = listeners;
  }

  static async of(answer: Uint8Array): Promise<HostileServer> {
    return new HostileServer({
      http: await HttpListener.open("127.0.0.1", 0, ({ method, path }, respond) => {
        const isReport = method === "POST" && !path.startsWith("/v1/dfu");
        respond(httpReply(isReport ? NO_BYTES : answer));
        return () => {};
      }),
      mqtt: await MqttListener.open("127.0.0.1", 0, (to) => session(to, answer)),
      coap: await CoapListener.open(
        "127.0.0.1",
        0,
        (say) => (from, heard) => {
          if (heard.code !== 0) say(from, coapReply(heard, answer));
        },
        // Drogue's, of who it is.
        [4209],
      ),
    });
  }

  url(scheme: Scheme): string {
    return this.#listeners[scheme].url;
  }

  async close(): Promise<void> {
    for (const listener of Object.values(this.#listeners)) await listener.close();
  }
}

function httpReply(body: Uint8Array): ServedReply {
  return { status: 200, headers: { command: "dfu" }, body };
}

function session(to: ServedConnection, answer: Uint8Array): ServedSession {
  return {
    connect: () => to.connack(0, false),
    subscribe: (id, filters) =>
      to.suback(
        id,
        filters.map(() => 0),
      ),
    publish: ({ topic, messageId }) => {
      to.puback(messageId);
      const [, id] = /attributes\/request\/(\d+)$/.exec(topic) ?? [];
      if (id !== undefined) to.publish(`v1/devices/me/attributes/response/${id}`, answer, 1);
      if (topic === "dfu") to.publish("command/inbox//dfu", answer, 0);
    },
    closed: () => {},
  };
}

function coapReply({ messageId, token, path }: HeardCoap, answer: Uint8Array): SaidCoap {
  const head = { type: "ack", messageId, token } as const;
  if (path.includes("telemetry")) return { ...head, code: 201, payload: NO_BYTES };
  const options = [{ number: 4210, value: new TextEncoder().encode("dfu") }];
  return { ...head, code: 205, payload: answer, ...(path.includes("dfu") ? { options } : {}) };
}
