import type { MqttSession, MqttSessionEvents } from "#hal/net/mqtt-session.ts";
import type { MqttCredentials, MqttListener, MqttPeer } from "#sim/pull/mqtt-link.ts";
import type { MqttConnection } from "#sim/server/thingsboard/mqtt-session.ts";
import { type Bridge, CHUNK_OK, type Pieces } from "./bridge.ts";

/** Opens a session of that user with the real server. */
export type OpenMqtt = (
  who: MqttCredentials,
  events: MqttSessionEvents,
) => Pick<MqttSession, "subscribe" | "publish" | "close">;

/** "Not authorized" (MQTT 3.1.1 §3.2.2.3): as the device is told of any user who is not known. */
const REFUSED = 5;

/** Has a real server behind the connections of a simulated link. */
export function mqttBridge(open: OpenMqtt, bridge: Bridge, pieces: Pieces): MqttListener {
  return (connection): MqttPeer => {
    let session: ReturnType<OpenMqtt> | undefined;
    let isConnected = false;
    const { enter } = bridge;
    return {
      connect: ({ username, password }) => {
        session = open(
          { username, password },
          {
            onConnected: () => {
              isConnected = true;
              enter(() => connection.connack(0, false));
            },
            onMessage: (topic, payload) => enter(() => take(connection, pieces, topic, payload)),
            onClosed: (detail, isUnknown) => {
              const isRefused = isUnknown && !isConnected;
              if (!isRefused) bridge.onTrouble(detail);
              enter(() => {
                if (isRefused) connection.connack(REFUSED, false);
                else connection.close();
              });
            },
          },
        );
      },
      subscribe: (messageId, filters) => {
        const topics = filters.map(({ topic }) => topic);
        session?.subscribe(topics, () => {
          enter(() => connection.suback(messageId, []));
        });
      },
      publish: ({ topic, payload, messageId }) => {
        pieces.onPublish(topic, payload);
        session?.publish(topic, payload, () => enter(() => connection.puback(messageId)));
      },
      closed: () => session?.close(),
    };
  };
}

function take(
  connection: MqttConnection,
  pieces: Pieces,
  topic: string,
  payload: Uint8Array,
): void {
  const outcome = pieces.ofMqtt(topic)?.(payload);
  if (outcome === undefined) connection.publish(topic, payload, 1);
  else if (outcome === "silence") return;
  else if (outcome === "close") connection.close();
  else if (outcome.status === CHUNK_OK) connection.publish(topic, outcome.body, 1);
  else {
    const error = pieces.mqttError(topic);
    connection.publish(error.topic, error.payload, 1);
  }
}
