import type { MqttSession, MqttSessionEvents } from "#hal/net/mqtt-session.ts";
import type { MqttListener, MqttPeer } from "#sim/pull/mqtt-link.ts";
import type { MqttConnection } from "#sim/server/thingsboard/mqtt-session.ts";
import { type Bridge, CHUNK_OK, chunkNumberOf } from "./bridge.ts";

/** Opens a session of that user with the real server. */
export type OpenMqtt = (
  username: string,
  events: MqttSessionEvents,
) => Pick<MqttSession, "subscribe" | "publish" | "close">;

/** "Not authorized" (MQTT 3.1.1 §3.2.2.3): as the device is told of any user who is not known. */
const REFUSED = 5;

/** Has a real server behind the connections of a simulated link. */
export function mqttBridge(open: OpenMqtt, bridge: Bridge): MqttListener {
  return (connection): MqttPeer => {
    let session: ReturnType<OpenMqtt> | undefined;
    let isConnected = false;
    const { enter } = bridge;
    return {
      connect: ({ username }) => {
        session = open(username, {
          onConnected: () => {
            isConnected = true;
            enter(() => connection.connack(0, false));
          },
          onMessage: (topic, payload) => enter(() => take(connection, bridge, topic, payload)),
          onClosed: (detail, isUnknown) => {
            const isRefused = isUnknown && !isConnected;
            if (!isRefused) bridge.onTrouble(detail);
            enter(() => {
              if (isRefused) connection.connack(REFUSED, false);
              else connection.close();
            });
          },
        });
      },
      subscribe: (messageId, filters) => {
        const topics = filters.map(({ topic }) => topic);
        session?.subscribe(topics, () => {
          enter(() => connection.suback(messageId, []));
        });
      },
      publish: ({ topic, payload, messageId }) => {
        session?.publish(topic, payload, () => enter(() => connection.puback(messageId)));
      },
      closed: () => session?.close(),
    };
  };
}

function take(
  connection: MqttConnection,
  { onChunk }: Bridge,
  topic: string,
  payload: Uint8Array,
): void {
  const [, number] = /^v2\/[fs]w\/response\/\d+\/chunk\/(\d+)$/.exec(topic) ?? [];
  const chunk = chunkNumberOf(number);
  if (chunk === undefined) {
    connection.publish(topic, payload, 1);
    return;
  }
  const outcome = onChunk(chunk, topic, payload);
  if (outcome === "silence") return;
  if (outcome === "close") connection.close();
  else if (outcome.status === CHUNK_OK) connection.publish(topic, outcome.body, 1);
  else connection.publish(topic.replace(/response.*/, "error"), UNKNOWN, 1);
}

/** As the server itself says that it has failed. */
const UNKNOWN = new TextEncoder().encode("UNKNOWN");
