import { expect, test } from "vitest";
import type { MqttSessionEvents } from "#hal/net/mqtt-session.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { mqttBridge } from "#tools/pull/live/mqtt-bridge.ts";
import { thingsBoardPieces } from "#tools/pull/live/thingsboard-pieces.ts";
import { BridgeBench, ERROR, SHORT } from "./bridge-bench.ts";

const CHUNK = "v2/fw/response/7/chunk/3";
const none: MqttSessionEvents = { onConnected() {}, onMessage() {}, onClosed() {} };

function bridged() {
  const bench = new BridgeBench();
  const said: string[] = [];
  let events = none;
  const listen = mqttBridge(
    ({ username }, to) => {
      said.push(`connects as ${username}`);
      events = to;
      return {
        subscribe: (filters, onDone) => {
          said.push(`subscribes to ${filters.join()}`);
          onDone();
        },
        publish: (topic, payload, onAcknowledged) => {
          said.push(`publishes ${payload.length} bytes on ${topic}`);
          onAcknowledged();
        },
        close: () => said.push("closes"),
      };
    },
    bench,
    thingsBoardPieces(bench),
  );
  const served = listen({
    connack: (code) => bench.hear(`CONNACK ${code}`),
    suback: (id) => bench.hear(`SUBACK ${id}`),
    puback: (id) => bench.hear(`PUBACK ${id}`),
    publish: (topic, payload) => bench.hear(`${topic}: ${payload.length} bytes`),
    close: () => bench.hear("closed"),
  });
  served.connect({ clean: true, username: "T", password: undefined });
  return { bench, said, served, server: () => events };
}

test("a session goes to and fro", () => {
  const { bench, said, served, server } = bridged();
  server().onConnected();
  served.subscribe(5, [
    { topic: "a", qos: 1 },
    { topic: "b", qos: 1 },
  ]);
  served.publish({ topic: "t", payload: new Uint8Array(2), qos: 1, messageId: 9 });
  server().onMessage("v1/devices/me/attributes", new Uint8Array(3));
  served.closed();
  expect(said).toEqual(["connects as T", "subscribes to a,b", "publishes 2 bytes on t", "closes"]);
  expect(bench.told).toEqual([
    "CONNACK 0",
    "SUBACK 5",
    "PUBACK 9",
    "v1/devices/me/attributes: 3 bytes",
  ]);
});

test.each<[string, HttpOutcome | undefined, readonly string[]]>([
  [CHUNK, undefined, ["chunk 3, 4 bytes", `${CHUNK}: 4 bytes`]],
  [CHUNK, SHORT, ["chunk 3, 4 bytes", `${CHUNK}: 1 bytes`]],
  [CHUNK, "close", ["chunk 3, 4 bytes", "closed"]],
  [CHUNK, "silence", ["chunk 3, 4 bytes"]],
  [CHUNK, ERROR, ["chunk 3, 4 bytes", "v2/fw/error: 7 bytes"]],
  // No chunk: faults have nothing to come over.
  ["v2/fw/error", SHORT, ["v2/fw/error: 4 bytes"]],
  ["v2/fw/response/7/chunk/", SHORT, ["v2/fw/response/7/chunk/: 4 bytes"]],
  ["v2/fw/response/7/chunk/x", SHORT, ["v2/fw/response/7/chunk/x: 4 bytes"]],
])("a message on %s", (topic, outcome, told) => {
  const { bench, server } = bridged();
  bench.outcome = outcome;
  server().onMessage(topic, new Uint8Array(4));
  expect(bench.told).toEqual(told);
});

test("credentials that are refused are no trouble of the connection; other ends are", () => {
  const refused = bridged();
  refused.server().onClosed("unknown", true);
  expect(refused.bench.told).toEqual(["CONNACK 5"]);
  const ended = bridged();
  ended.server().onConnected();
  ended.server().onClosed("the connection was closed", false);
  expect(ended.bench.told).toEqual(["CONNACK 0", "trouble: the connection was closed", "closed"]);
});
